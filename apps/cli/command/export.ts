import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Option, type Command } from 'commander';
import { AppError, exportFormatSchema, type ExportFormatName } from '#contracts';
import { action, connect, type CliContext, type CommandInput } from '../context.js';

interface ExportFlags {
  format: ExportFormatName;
  output?: string;
  partial?: boolean;
}

const STDOUT = '-';

export function addExportCommand(program: Command, context: CliContext): void {
  program
    .command('export')
    .description('download the answers of a job in the format of another tool')
    .argument('<job>', 'id of the job')
    .addOption(
      new Option('-f, --format <format>', 'how they are written')
        .choices(exportFormatSchema.options)
        .makeOptionMandatory(),
    )
    .option('-o, --output <file>', 'where to; `-` for stdout; by default a name of its own here')
    .option('--partial', 'what has ended so far, of a job that still runs')
    .addHelpText(
      'after',
      `
Examples:
  pallet export job_019a... --format coco
  pallet export job_019a... --format csv --output - | head`,
    )
    .action(action<[string], ExportFlags>(context, exportResults));
}

async function exportResults(input: CommandInput<ExportFlags>, id: string): Promise<void> {
  const { flags, context } = input;
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
