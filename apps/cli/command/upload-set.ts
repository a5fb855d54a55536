import type { ImageSet } from '#contracts';
import type { PalletClient } from '../client/pallet-client.js';
import type { CommandInput } from '../context.js';
import type { UploadState } from '../upload/upload-state.js';

export interface UploadSetFlags {
  set?: string;
  name?: string;
}

/** The set that was named, that of an earlier run, or a new one. */
export async function setOf(
  client: PalletClient,
  state: UploadState,
  { flags, context }: CommandInput<UploadSetFlags>,
): Promise<string> {
  const { signal } = context;
  if (flags.set !== undefined) return flags.set;
  if (state.set !== undefined) return state.set;
  const idempotencyKey = await state.idempotencyKey();
  const set: ImageSet = await client.createImageSet(
    { name: flags.name },
    { signal, idempotencyKey },
  );
  await state.keepSet(set.id);
  return set.id;
}
