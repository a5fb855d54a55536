import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { MASK_DECODER } from '../../engine-folder/manifest.js';
import { MaskDecoder } from './mask-decoder.js';

/** The mask decoder of a model's folder; `undefined` when it has none. Errors: those of `MaskDecoder.load`. */
export async function openMaskDecoder(directory: string): Promise<MaskDecoder | undefined> {
  const path = join(directory, MASK_DECODER);
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  return isThere ? MaskDecoder.load(path) : undefined;
}
