import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Option, type Command } from 'commander';
import { AppError, exportFormatSchema } from '#contracts';
import { addBucketOptions } from '../connection/bucket-access.js';
import { action, connect, type CliContext, type CommandInput } from '../context.js';
import { usageError, type ExitCode } from '../exit-code.js';
import { exportToBucket, type BucketExportFlags } from './export-to-bucket.js';
import { jsonOption } from './options.js';

interface ExportFlags extends BucketExportFlags {
  output?: string;
  to?: string;
}

const STDOUT = '-';

export function addExportCommand(program: Command, context: CliContext): void {
  const command = program
    .command('export')
    .summary('download the answers of a job in the format of another tool, or into a bucket')
    .description(
      'Downloads the answers of a job in the format of another tool. With --to, the server writes them into an S3 bucket of yours instead; its keys are taken from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or from a profile, and kept sealed until the export has ended.',
    )
    .argument('<job>', 'id of the job')
    .addOption(
      new Option('-f, --format <format>', 'how they are written')
        .choices(exportFormatSchema.options)
        .makeOptionMandatory(),
    )
    .option('-o, --output <file>', 'where to; `-` for stdout; by default a name of its own here')
    .option('--to <place>', 's3://bucket/folder/, or an object: s3://bucket/cats.zip')
    .option('--partial', 'what has ended so far, of a job that still runs');
  addBucketOptions(command)
    .option('--no-wait', 'with --to: do not wait until it is written')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Examples:
  pallet export job_019a... --format coco
  pallet export job_019a... --format csv --output - | head
  pallet export job_019a... --format coco --to s3://my-bucket/exports/ --region eu-central-1`,
    )
    .action(action<[string], ExportFlags>(context, exportResults));
}

async function exportResults(
  input: CommandInput<ExportFlags>,
  id: string,
): Promise<ExitCode | void> {
  const { flags, context } = input;
  if (flags.to !== undefined) {
    if (flags.output !== undefined) throw usageError('Give --output or --to, not both.');
    return exportToBucket(input, id, flags.to);
  }
  const { format, partial, output } = flags;
  const { signal } = context;
  const file = await (await connect(input)).exportJob(id, { format, partial, signal });
  if (output === STDOUT) {
    for await (const part of file.content) await context.output.data(part);
    return;
  }
  const path = resolve(output ?? file.name);
  await save(path, file.content, signal);
  await context.output.data(`${path}\n`);
}

/** Under another name until it is whole: a download that broke off never looks like one that did not. */
async function save(
  path: string,
  content: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<void> {
  const unfinished = `${path}.part`;
  try {
    await pipeline(content, createWriteStream(unfinished), { signal });
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    signal.throwIfAborted();
    if (error instanceof AppError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new AppError('cli.cannot_write', `${path} could not be written: ${reason}.`, {
      cause: error,
    });
  }
}
