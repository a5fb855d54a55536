import { CODEBOOK } from './decoder-graph.js';
import { readNpz } from './npz-file.js';

/** The 128 entries of the mask codec's codebook [128, 512]. Errors: `mask_decoder.unreadable`. */
export async function readCodebook(path: string): Promise<Float32Array> {
  const { shape, data } = (await readNpz(path, [CODEBOOK])).get(CODEBOOK)!;
  if (shape.join() !== '128,512') throw new Error(`${CODEBOOK} is [${shape}], not [128,512]`);
  return data;
}
