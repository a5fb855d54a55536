/**
 * The order of one epoch: a permutation of 0 .. count - 1 that follows from seed and epoch alone (Fisher and Yates
 * with mulberry32), so that a resumed training goes on with the example that would have come.
 */
export function exampleOrder(count: number, seed: number, epoch: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, index) => index);
  const random = mulberry32(Math.imul(seed, 0x9e37_79b1) ^ Math.imul(epoch + 1, 0x85eb_ca6b));
  for (let last = count - 1; last > 0; last--) {
    const chosen = Math.floor(random() * (last + 1));
    const kept = order[last]!;
    order[last] = order[chosen]!;
    order[chosen] = kept;
  }
  return order;
}

/** Numbers in [0, 1): github.com/bryc/code, PRNGs, public domain. */
export function mulberry32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b_79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
