/**
 * Position embeddings [n * n, width] for a grid of `side` x `side`: between the four nearest, the corners of both grids
 * on each other. Source: big_vision, `models/vit.py` (resample_posemb), which does the same by scipy's zoom.
 */
export function resizePositions(values: Float32Array, width: number, side: number): Float32Array {
  const from = Math.round(Math.sqrt(values.length / width));
  if (from === side) return values;
  const resized = new Float32Array(side * side * width);
  const step = side === 1 ? 0 : (from - 1) / (side - 1);
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      for (const [y, yShare] of neighbours(row * step, from)) {
        for (const [x, xShare] of neighbours(column * step, from)) {
          for (let at = 0; at < width; at++) {
            resized[(row * side + column) * width + at]! +=
              yShare * xShare * values[(y * from + x) * width + at]!;
          }
        }
      }
    }
  }
  return resized;
}

function neighbours(place: number, count: number): readonly (readonly [number, number])[] {
  const low = Math.min(Math.floor(place), count - 1);
  const share = place - low;
  return [
    [low, 1 - share],
    [Math.min(low + 1, count - 1), share],
  ];
}
