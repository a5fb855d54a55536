export interface Point {
  /** Update, counted from 1. */
  readonly step: number;
  readonly value: number;
}

/** More could not be told apart at the width of the picture, and would make a long run's picture megabytes. */
const MOST_POINTS = 600;

/** At most 600 points: means of neighbours. */
export function thinned(points: readonly Point[]): readonly Point[] {
  const size = Math.ceil(points.length / MOST_POINTS);
  if (size <= 1) return points;
  const means: Point[] = [];
  for (let from = 0; from < points.length; from += size) {
    const part = points.slice(from, from + size);
    const mean = (of: (point: Point) => number): number =>
      part.reduce((sum, point) => sum + of(point), 0) / part.length;
    means.push({ step: mean(({ step }) => step), value: mean(({ value }) => value) });
  }
  return means;
}

/**
 * A mean that forgets, over about a hundredth of the points; the first points are not drawn to 0 (divided by the weight
 * that was given so far, as Adam's moments).
 */
export function smoothed(points: readonly Point[]): readonly Point[] {
  const kept = 1 - 1 / Math.max(1, points.length / 100);
  let [sum, weight] = [0, 0];
  return points.map(({ step, value }) => {
    sum = kept * sum + (1 - kept) * value;
    weight = kept * weight + (1 - kept);
    return { step, value: sum / weight };
  });
}
