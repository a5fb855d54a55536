import { areaOf, bitmapOf, type BoxedMask } from '../../output/mask/boxed-mask.js';

/** Intersection over union of two masks of one image; 0 when both are empty. */
export function maskOverlap(a: BoxedMask, b: BoxedMask): number {
  const both = intersection(a, b);
  const either = areaOf(a) + areaOf(b) - both;
  return either === 0 ? 0 : both / either;
}

/** Pixels inside both: nothing lies outside its box, so only what the boxes share is looked at. */
function intersection(a: BoxedMask, b: BoxedMask): number {
  const [left, top] = [Math.max(a.x, b.x), Math.max(a.y, b.y)];
  const right = Math.min(a.x + a.boxWidth, b.x + b.boxWidth);
  const bottom = Math.min(a.y + a.boxHeight, b.y + b.boxHeight);
  if (right <= left || bottom <= top) return 0;
  const [first, second] = [bitmapOf(a), bitmapOf(b)];
  let count = 0;
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      const isInFirst = first[(y - a.y) * a.boxWidth + x - a.x]!;
      count += isInFirst & second[(y - b.y) * b.boxWidth + x - b.x]!;
    }
  }
  return count;
}
