/**
 * Numbers from 0 up to, not including, 1, the same for the same seed on every machine: splitmix32, whose steps need
 * 32-bit integers alone. Two outputs make 53 bits, so that rare tokens of a large vocabulary can be drawn.
 */
export function randomStream(seed: number): () => number {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
  return () => ((next() >>> 5) * 2 ** 26 + (next() >>> 6)) / 2 ** 53;
}

/** Of mean 0 and deviation 1 (Box and Muller 1958); takes two numbers of the stream. */
export function normalDraw(random: () => number): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random()));
  return radius * Math.cos(2 * Math.PI * random());
}
