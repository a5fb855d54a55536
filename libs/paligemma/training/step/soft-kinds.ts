import type { SoftTargets } from '../graph/token-loss.js';

/** Tokens whose target is spread over their neighbours. */
export type SoftKind = SoftTargets;

/** `<loc>` bins: a Gaussian over the distance in bins. Row k adds up to 1. */
export function locationTargets(firstToken: number, deviation: number, count = 1024): SoftKind {
  return { firstToken, count, table: spread(count, (a, b) => ((a - b) / deviation) ** 2) };
}

/**
 * Mask codes: a Gaussian over the distance of their entries [count, width] in the codebook, in units of the mean
 * distance of an entry to its nearest other.
 */
export function codeTargets(
  firstToken: number,
  codebook: Float32Array,
  count: number,
  deviation: number,
): SoftKind {
  const width = codebook.length / count;
  const square = (a: number, b: number): number => {
    let sum = 0;
    for (let at = 0; at < width; at++) {
      sum += (codebook[a * width + at]! - codebook[b * width + at]!) ** 2;
    }
    return sum;
  };
  let nearest = 0;
  for (let a = 0; a < count; a++) {
    let least = Infinity;
    for (let b = 0; b < count; b++) if (b !== a) least = Math.min(least, square(a, b));
    nearest += Math.sqrt(least) / count;
  }
  const unit = (deviation * nearest) ** 2;
  return { firstToken, count, table: spread(count, (a, b) => square(a, b) / unit) };
}

function spread(count: number, distance: (a: number, b: number) => number): Float32Array {
  const table = new Float32Array(count * count);
  for (let row = 0; row < count; row++) {
    const shares = Array.from({ length: count }, (_, column) =>
      Math.exp(-distance(row, column) / 2),
    );
    const total = shares.reduce((sum, share) => sum + share, 0);
    shares.forEach((share, column) => (table[row * count + column] = share / total));
  }
  return table;
}
