import { randomStream } from '../../generation/random-stream.js';

/**
 * The order of one epoch: a permutation of 0 .. count - 1 that follows from seed and epoch alone (Fisher and Yates
 * of a stream of random numbers), so that a resumed training goes on with the example that would have come.
 */
export function exampleOrder(count: number, seed: number, epoch: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, index) => index);
  const random = randomStream(Math.imul(seed, 0x9e37_79b1) ^ Math.imul(epoch + 1, 0x85eb_ca6b));
  for (let last = count - 1; last > 0; last--) {
    const chosen = Math.floor(random() * (last + 1));
    const kept = order[last]!;
    order[last] = order[chosen]!;
    order[chosen] = kept;
  }
  return order;
}
