import type { Command } from 'commander';
import { MAX_PART_BYTES, MIN_PART_BYTES } from '#contracts';
import { addBucketOptions } from '../connection/bucket-access.js';
import type { PalletClient } from '../client/pallet-client.js';
import {
  action,
  connect,
  connectForUploads,
  type CliContext,
  type CommandInput,
} from '../context.js';
import { EXIT, usageError, type ExitCode } from '../exit-code.js';
import { findImageFiles, type ImageFile } from '../upload/image-file.js';
import { uploadResumably, type ResumableTotal } from '../upload/upload-resumably.js';
import { defaultStatePath, UploadState } from '../upload/upload-state.js';
import { jsonOption, wholeNumber } from './options.js';
import { uploadBucket, type BucketUploadFlags } from './upload-bucket.js';
import { setOf } from './upload-set.js';

interface UploadFlags extends BucketUploadFlags {
  parallel?: number;
  partKib?: number;
}

const KIB = 2 ** 10;
const MIB = 2 ** 20;
const MAX_PARALLEL = 64;

export function addUploadCommand(program: Command, context: CliContext): void {
  const command = program
    .command('upload')
    .summary('brings images and archives into a set, and goes on where it was stopped')
    .description(
      'Brings files into an image set: nothing that the server has already is sent, large files go in parts, several at once. After Ctrl-C, or anything else that stops it, the same command sends the rest. Of an S3 bucket the server fetches them: its keys are taken from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or from a profile, and kept sealed until all is fetched.',
    )
    .argument(
      '<path...>',
      'images, zip and tar archives, folders of images, @file with a path a line; or one s3://bucket/photos/**/*.jpg',
    )
    .option('--set <set>', 'an open set; without it a new one is made')
    .option('--name <name>', 'what to call the new set')
    .option('--seal', 'close the set when all is there')
    .option('--parallel <n>', 'parts in flight at once', wholeNumber(1, MAX_PARALLEL), 4)
    .option(
      '--part-kib <n>',
      'size of a part; smaller ones lose less on a bad line (default: 8192)',
      wholeNumber(MIN_PART_BYTES / KIB, MAX_PART_BYTES / KIB),
    )
    .option(
      '--state <file>',
      'where to keep what is done (default: a file in ~/.local/state/pallet)',
    );
  addBucketOptions(command)
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Example:
  pallet upload archive.zip photos/ --name holidays --seal
  pallet upload 's3://my-bucket/photos/**/*.jpg' --region eu-central-1
  pallet jobs create --set SET --task caption`,
    )
    .action(action<[string[]], UploadFlags>(context, upload));
}

async function upload(input: CommandInput<UploadFlags>, paths: string[]): Promise<ExitCode> {
  const { flags, context } = input;
  if (flags.set !== undefined && flags.name !== undefined) {
    throw usageError('--name is for a new set; leave it out, or --set.');
  }
  if (paths.some((path) => path.startsWith('s3://'))) {
    const [uri] = paths;
    if (uri === undefined || paths.length > 1) throw usageError('A bucket comes alone.');
    return uploadBucket(input, uri);
  }
  const files = await findImageFiles(paths);
  const client = await connect(input);
  const statePath =
    flags.state ??
    defaultStatePath(context.env, { url: client.url, set: flags.set, name: flags.name, paths });
  const state = await UploadState.open(statePath);
  const set = await setOf(client, state, input);
  const total = await sendAll(input, client, { files, state, setId: set });
  if (flags.seal) await client.sealImageSet(set, { signal: context.signal });
  await state.forget();
  return report(input, set, total);
}

async function sendAll(
  input: CommandInput<UploadFlags>,
  client: PalletClient,
  work: { files: readonly ImageFile[]; state: UploadState; setId: string },
): Promise<ResumableTotal> {
  const { flags, context } = input;
  const { output, signal } = context;
  if (!work.state.isNew) output.note(`Going on with ${work.setId}.`);
  const progress = output.progress('uploading MiB');
  const mib = (bytes: number): number => Math.ceil(bytes / MIB);
  try {
    return await uploadResumably(
      { client, parts: await connectForUploads(input) },
      work,
      work.files,
      {
        parallel: flags.parallel,
        partBytes: flags.partKib === undefined ? undefined : flags.partKib * KIB,
        signal,
        onBytes: (done, total) => progress.show(mib(done), mib(total)),
      },
    );
  } catch (error) {
    output.note(
      `Stopped. The same command sends the rest (what is done is in ${work.state.path}).`,
    );
    throw error;
  } finally {
    progress.stop();
  }
}

async function report(
  { flags, context }: CommandInput<UploadFlags>,
  set: string,
  total: ResumableTotal,
): Promise<ExitCode> {
  const { output } = context;
  const { accepted, duplicate, refused, earlier, refusedEntries } = total;
  for (const { name, error } of refused) {
    output.note(
      `refused ${name}: ${error?.code ?? 'unknown'} (${error?.detail ?? 'no reason given'})`,
    );
  }
  if (refusedEntries > 0) {
    output.note(`${refusedEntries} entries of archives were refused; the set lists them.`);
  }
  const bad = refused.length + refusedEntries;
  if (flags.json) {
    const counts = { accepted, duplicate, refused: bad, sent_before: earlier };
    await output.json({ object: 'upload', image_set: set, counts, refused });
  } else {
    const before = earlier > 0 ? `, ${earlier} files sent before` : '';
    await output.data(
      `${set}: ${accepted} accepted, ${duplicate} already there, ${bad} refused${before}\n`,
    );
  }
  return bad > 0 ? EXIT.failedItems : EXIT.ok;
}
