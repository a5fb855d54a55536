import { AppError } from '#contracts';

/** Images that arrive together, as one job. */
export interface Arrival {
  /** Seconds from the begin. */
  readonly at: number;
  readonly images: number;
}

const HOUR_S = 3_600;

/** Everything at once. */
export const burst = (images: number): Arrival[] => [{ at: 0, images }];

/** Days of office hours: a job every ten minutes from 8 to 18 o'clock, the most at noon, and none at night. */
export function officeDays(imagesPerDay: number, days: number): Arrival[] {
  const times = Array.from({ length: 60 }, (_, n) => 8 * HOUR_S + n * 600);
  const weights = times.map((at) => Math.sin(((at - 8 * HOUR_S) / (10 * HOUR_S)) * Math.PI) + 0.1);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return Array.from({ length: days }, (_, day) =>
    times.map((at, n) => ({
      at: day * 24 * HOUR_S + at,
      images: Math.round((imagesPerDay * weights[n]!) / total),
    })),
  ).flat();
}

/** Bursts with pauses between: what makes careless settings flap. */
export const bursts = (images: number, count: number, pauseSeconds: number): Arrival[] =>
  Array.from({ length: count }, (_, n) => ({ at: n * pauseSeconds, images }));

/**
 * A recorded load: lines `seconds,images`, in any order; a first line of words is skipped.
 * Errors: `load.malformed` with the line's number.
 */
export function parseLoad(text: string): Arrival[] {
  const lines = text.split(/\r?\n/).map((line, n) => ({ line: line.trim(), n: n + 1 }));
  const arrivals = lines
    .filter(({ line, n }) => line !== '' && !(n === 1 && /^[a-z]/i.test(line)))
    .map(({ line, n }) => {
      const [, at, images] = /^(\d+(?:\.\d+)?)\s*,\s*(\d+)$/.exec(line) ?? [];
      if (at === undefined || images === undefined) {
        throw new AppError('load.malformed', `Line ${n} is not \`seconds,images\`: ${line}`);
      }
      return { at: Number(at), images: Number(images) };
    });
  if (!arrivals.some(({ images }) => images > 0)) {
    throw new AppError('load.malformed', 'The load has no images; give lines of `seconds,images`.');
  }
  return arrivals.toSorted((a, b) => a.at - b.at);
}
