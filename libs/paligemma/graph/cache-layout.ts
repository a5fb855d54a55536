/**
 * Most numbers that one product of attention adds up.
 *
 * The runtime cuts longer sums into runs of 128 and adds those; but how it cuts depends on how it divides the work
 * among threads, and that on the number of batch mates. Sums of up to 128 are never cut, so the cache is laid out in
 * such pieces and the graph adds the pieces itself, always in the same order: an answer has the same bits in every
 * batch. It costs nothing measurable (18 layers, 16 slots, 384 tokens: 27 ms for 25 ms).
 */
export const RUN = 128;

/** Keys are cached as [slots, keyValueHeads, parts, capacity, headSize / parts]. */
export function keyParts(headSize: number): number {
  return headSize % RUN === 0 ? headSize / RUN : 1;
}
