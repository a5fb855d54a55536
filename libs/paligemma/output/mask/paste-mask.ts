import { BILINEAR, filterWeights } from '../../image/resize-coefficients.js';
import { MASK_SIZE } from './decoder-graph.js';

/** A mask within an image of `width` x `height`: nothing of it lies outside its box. Never the whole image in memory. */
export interface BoxedMask {
  readonly width: number;
  readonly height: number;
  /** Left and top of the box, in pixels. */
  readonly x: number;
  readonly y: number;
  readonly boxWidth: number;
  readonly boxHeight: number;
  /** [boxHeight, boxWidth]: 1 inside, 0 outside. */
  readonly inside: Uint8Array;
}

/**
 * Puts a decoded mask [64, 64] into its box, as big_vision's evaluator does: the box's corners are cut to whole pixels,
 * the numbers are resized with Pillow's bilinear filter, and only then held against 0.
 * Box: x1, y1, x2, y2 in pixels of the image. A box of less than a pixel has no mask: `undefined`.
 */
export function pasteMask(
  mask: Float32Array,
  box: readonly [number, number, number, number],
  image: { readonly width: number; readonly height: number },
): BoxedMask | undefined {
  const [x1, y1, x2, y2] = box.map(Math.trunc) as [number, number, number, number];
  const x = Math.max(0, x1);
  const y = Math.max(0, y1);
  const boxWidth = Math.min(image.width, x2) - x;
  const boxHeight = Math.min(image.height, y2) - y;
  if (boxWidth < 1 || boxHeight < 1) return undefined;
  const resized = resizeFloats(mask, boxWidth, boxHeight);
  const inside = Uint8Array.from(resized, (value) => (value > 0 ? 1 : 0));
  return { width: image.width, height: image.height, x, y, boxWidth, boxHeight, inside };
}

/** Pillow's `Image.resize((width, height), BILINEAR)` of a 64 x 64 image of mode F: rows first, float32 between. */
function resizeFloats(mask: Float32Array, width: number, height: number): Float32Array {
  const rows = new Float32Array(MASK_SIZE * width);
  const across = filterWeights(BILINEAR, MASK_SIZE, width);
  for (let row = 0; row < MASK_SIZE; row++) {
    for (let out = 0; out < width; out++) {
      let sum = 0;
      for (let tap = 0; tap < across.counts[out]!; tap++) {
        sum +=
          mask[row * MASK_SIZE + across.starts[out]! + tap]! *
          across.weights[out * across.taps + tap]!;
      }
      rows[row * width + out] = sum;
    }
  }
  const down = filterWeights(BILINEAR, MASK_SIZE, height);
  const resized = new Float32Array(width * height);
  for (let out = 0; out < height; out++) {
    for (let column = 0; column < width; column++) {
      let sum = 0;
      for (let tap = 0; tap < down.counts[out]!; tap++) {
        sum +=
          rows[(down.starts[out]! + tap) * width + column]! * down.weights[out * down.taps + tap]!;
      }
      resized[out * width + column] = sum;
    }
  }
  return resized;
}
