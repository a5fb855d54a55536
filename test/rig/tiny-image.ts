import type { TestFile } from './client.js';

/** The smallest PNG: 1 x 1, grey. */
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==',
  'base64',
);

/** A PNG that no other number has: the text after its end is ignored by decoders and changes its hash. */
export function tinyImage(n: number, trigger = ''): TestFile {
  const bytes = Buffer.concat([PNG, Buffer.from(` ${trigger} ${n}`)]);
  return { name: `image-${String(n).padStart(7, '0')}.png`, bytes };
}
