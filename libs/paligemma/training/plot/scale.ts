/** Maps numbers to pixels along one axis. */
export interface Scale {
  readonly at: (value: number) => number;
  /** Values that get a line and a number, in order. */
  readonly ticks: readonly number[];
}

type Range = readonly [from: number, to: number];

/** Even from `range[0]` to `range[1]`, with about `count` ticks at round numbers. */
export function evenScale([from, to]: Range, pixels: Range, count: number): Scale {
  const span = to - from || 1;
  const step = roundStep(span / count);
  const ticks: number[] = [];
  // Counted in whole steps: sums of fractions would drift.
  for (let n = Math.ceil(from / step - 1e-9); n * step <= to + 1e-9 * span; n++) {
    ticks.push(Number((n * step).toPrecision(12)));
  }
  return { at: (value) => between(pixels, (value - from) / span), ticks };
}

/** By powers of ten, for numbers above 0. Ticks are 1, 2 and 5 times a power, or powers alone when those are many. */
export function powerScale([from, to]: Range, pixels: Range): Scale {
  const [low, high] = [Math.log10(from), Math.log10(to)];
  const span = high - low || 1;
  const factors = span > 2.5 ? [1] : [1, 2, 5];
  const ticks: number[] = [];
  for (let power = Math.floor(low); power <= high; power++) {
    for (const factor of factors) {
      const tick = Number((factor * 10 ** power).toPrecision(1));
      if (tick >= from * 0.999 && tick <= to * 1.001) ticks.push(tick);
    }
  }
  return { at: (value) => between(pixels, (Math.log10(value) - low) / span), ticks };
}

const between = ([from, to]: Range, share: number): number => from + share * (to - from);

/** 1, 2 or 5 times a power of ten, at least as large. */
function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * ([1, 2, 5].find((factor) => factor * power >= least * 0.999) ?? 10);
}
