/** For specs: the mask decoder with the weights that make_mask_goldens.py draws. */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';
import { maskDecoderArrays } from './decoder-graph.js';
import { npy } from './write-npz.js';

export async function writeRandomNpz(
  path: string,
  options: { compress?: boolean; change?: (arrays: Map<string, Buffer>) => void } = {},
): Promise<void> {
  const arrays = new Map(
    [...maskDecoderArrays()].map(([name, shape], index) => [
      name,
      npy(shape, draw(index + 1, shape)),
    ]),
  );
  options.change?.(arrays);
  const zip = new ZipFile();
  for (const [name, bytes] of arrays) {
    zip.addBuffer(bytes, `${name}.npy`, { compress: options.compress ?? false });
  }
  zip.end();
  const file = createWriteStream(path);
  await pipeline(zip.outputStream, file);
  if (!file.closed) await once(file, 'close');
}

function draw(seed: number, shape: readonly number[]): Float32Array {
  const inputs = shape.slice(1).reduce((product, size) => product * size, 1);
  const spread = shape.length === 2 ? 1.5 : shape.length === 1 ? 0.2 : Math.sqrt(6 / inputs);
  let state = seed;
  return Float32Array.from({ length: inputs * shape[0]! }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 31 - 1) * spread;
  });
}
