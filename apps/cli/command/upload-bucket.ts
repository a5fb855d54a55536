import type { Import } from '#contracts';
import type { ImportClient } from '../client/import-client.js';
import { bucketAccess, type BucketFlags } from '../connection/bucket-access.js';
import { connect, connectForImports, type CommandInput } from '../context.js';
import { EXIT, type ExitCode } from '../exit-code.js';
import { defaultStatePath, UploadState } from '../upload/upload-state.js';
import { describeImport, exitCodeOfImport, waitForImport } from './follow-import.js';
import { setOf, type UploadSetFlags } from './upload-set.js';

export interface BucketUploadFlags extends BucketFlags, UploadSetFlags {
  seal?: boolean;
  state?: string;
  json?: boolean;
}

/**
 * Has the server bring the images of a bucket into a set, and waits. Ctrl-C ends the waiting alone: the same command
 * goes on with it, or begins it again if it has failed.
 */
export async function uploadBucket(
  input: CommandInput<BucketUploadFlags>,
  uri: string,
): Promise<ExitCode> {
  const { flags, context } = input;
  const { env, output, signal } = context;
  const client = await connect(input);
  const { set, name } = flags;
  const path = flags.state ?? defaultStatePath(env, { url: client.url, set, name, paths: [uri] });
  const state = await UploadState.open(path);
  const imports = await connectForImports(input);
  const earlier = await earlierImport(imports, state, signal);
  const access = earlier === undefined ? await bucketAccess(flags, env) : undefined;
  const setId = await setOf(client, state, input);
  if (earlier !== undefined) output.note(`Going on with ${earlier.id} into ${setId}.`);
  const made =
    earlier ?? (await imports.createFromBucket(setId, { uri, name, ...access! }, { signal }));
  await state.keepImport(made.id);
  const ended = await follow(input, imports, made);
  if (exitCodeOfImport(ended) !== EXIT.failed) {
    if (flags.seal) await client.sealImageSet(setId, { signal });
    await state.forget();
  }
  if (flags.json) await output.json({ object: 'upload', image_set: setId, import: ended });
  else await output.data(`${setId}: ${describeImport(ended)}\n`);
  return exitCodeOfImport(ended);
}

/** Output: what an earlier run began, unless it came to nothing. */
async function earlierImport(
  imports: ImportClient,
  state: UploadState,
  signal: AbortSignal,
): Promise<Import | undefined> {
  if (state.import === undefined) return undefined;
  const found = await imports.get(state.import, { signal });
  return found.state === 'failed' || found.state === 'cancelled' ? undefined : found;
}

async function follow(
  { context }: CommandInput<BucketUploadFlags>,
  imports: ImportClient,
  made: Import,
): Promise<Import> {
  try {
    return await waitForImport(imports, made, context);
  } catch (error) {
    context.output.note(`Stopped waiting. ${made.id} goes on; the same command waits again.`);
    throw error;
  }
}
