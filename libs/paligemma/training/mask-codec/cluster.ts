/** Rows of equal length, one behind the other. */
export interface Points {
  readonly count: number;
  readonly size: number;
  readonly data: Float32Array;
}

/**
 * k-means (Lloyd), begun as k-means++ (Arthur and Vassilvitskii 2007): the centres [clusters, size] of `points`.
 * Where there are fewer different points than clusters, centres repeat.
 */
export function cluster(
  points: Points,
  clusters: number,
  rounds: number,
  random: () => number,
): Float32Array {
  let centres = firstCentres(points, clusters, random);
  for (let round = 0; round < rounds; round++) centres = moved(points, centres);
  return centres;
}

/** The row of `centres` that is nearest to row `at` of `points`; the first of equals. */
export function nearest(points: Points, at: number, centres: Float32Array): number {
  const { size } = points;
  let [best, least] = [0, Infinity];
  for (let centre = 0; centre * size < centres.length; centre++) {
    const found = distance(points, at, centres, centre * size, least);
    if (found < least) [best, least] = [centre, found];
  }
  return best;
}

/** Each is drawn as often as it is far, squared, from those before it. */
function firstCentres(points: Points, clusters: number, random: () => number): Float32Array {
  const { count, size, data } = points;
  const centres = new Float32Array(clusters * size);
  const far = new Float64Array(count).fill(1);
  for (let centre = 0; centre < clusters; centre++) {
    const chosen = drawn(far, random());
    centres.set(data.subarray(chosen * size, (chosen + 1) * size), centre * size);
    for (let at = 0; at < count; at++) {
      const limit = centre === 0 ? Infinity : far[at]!;
      far[at] = Math.min(limit, distance(points, at, centres, centre * size, limit));
    }
  }
  return centres;
}

function drawn(shares: Float64Array, at: number): number {
  let left = at * shares.reduce((total, share) => total + share, 0);
  const found = shares.findIndex((share) => (left -= share) < 0);
  return Math.max(0, found);
}

/** To the means of what is nearest; a centre that nothing is nearest to stays. */
function moved(points: Points, centres: Float32Array): Float32Array {
  const { count, size, data } = points;
  const sums = new Float64Array(centres.length);
  const counts = new Float64Array(centres.length / size);
  for (let at = 0; at < count; at++) {
    const centre = nearest(points, at, centres);
    counts[centre]! += 1;
    for (let i = 0; i < size; i++) sums[centre * size + i]! += data[at * size + i]!;
  }
  return centres.map((value, i) => {
    const members = counts[Math.floor(i / size)]!;
    return members === 0 ? value : sums[i]! / members;
  });
}

/** Squared; given up, and more than `limit`, once it is sure to be more. */
function distance(
  { size, data }: Points,
  at: number,
  centres: Float32Array,
  from: number,
  limit: number,
): number {
  let sum = 0;
  for (let i = 0; i < size && sum < limit; i++) {
    const difference = data[at * size + i]! - centres[from + i]!;
    sum += difference * difference;
  }
  return sum;
}
