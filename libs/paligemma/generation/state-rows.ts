import { AppError } from '#contracts';

/**
 * The named rows of states [any, width], together: no copy when they are all of them in order. Rows of zeros make up
 * for what is missing to `least`.
 */
export function gatherRows(
  states: Float32Array,
  rows: readonly { readonly row: number }[],
  width: number,
  least = 1,
): Float32Array {
  const areAll = rows.length * width === states.length && rows.every(({ row }, n) => row === n);
  if (areAll && rows.length >= least) return states;
  const gathered = new Float32Array(Math.max(rows.length, least) * width);
  rows.forEach(({ row }, index) =>
    gathered.set(states.subarray(row * width, (row + 1) * width), index * width),
  );
  return gathered;
}

export function notFinite(): AppError {
  return new AppError(
    'checkpoint.not_finite',
    'The model computed no number. Its weights are damaged: download the checkpoint again and compare checksums.',
  );
}
