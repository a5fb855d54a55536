/** (byte / 255 - 0.5) / 0.5, rounded to float32 after each step as the reference does. */
const NORMALISED = Float32Array.from({ length: 256 }, (_, byte) =>
  Math.fround(Math.fround(Math.fround(byte * Math.fround(1 / 255)) - 0.5) / 0.5),
);

/**
 * RGB bytes [size, size, 3] -> [patches, 3 * patch^2]: patches row by row, and each channel first, as a torch
 * convolution reads its kernel.
 */
export function imagePatches(pixels: Uint8Array, size: number, patch: number): Float32Array {
  const perSide = size / patch;
  const patches = new Float32Array(size * size * 3);
  let target = 0;
  for (let index = 0; index < perSide * perSide; index++) {
    const top = Math.floor(index / perSide) * patch;
    const left = (index % perSide) * patch;
    for (let channel = 0; channel < 3; channel++) {
      for (let y = top; y < top + patch; y++) {
        for (let x = left; x < left + patch; x++) {
          patches[target++] = NORMALISED[pixels[(y * size + x) * 3 + channel]!]!;
        }
      }
    }
  }
  return patches;
}
