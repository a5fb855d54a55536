import type { Choice, SampleSelection } from './model-runner.js';

/**
 * Draws a token from softmax(logits / temperature), cut to `topK` and then to `topP` as transformers does: the least
 * set of most likely tokens that together reach `topP`, at least one. Nothing is approximated: all logits count.
 */
export function sampleToken(logits: Float32Array, selection: SampleSelection): Choice {
  const { temperature, topK = logits.length, topP = 1, random } = selection;
  const most = largest(logits);
  const weight = (token: number): number => Math.exp((logits[token]! - most) / temperature);
  const candidates = topK >= logits.length && topP >= 1 ? undefined : ranked(logits, topK);
  const count = candidates?.length ?? logits.length;
  const tokenAt = (place: number): number => (candidates ? candidates[place]! : place);
  const total = sumOf(count, (place) => weight(tokenAt(place)));
  const kept = topP >= 1 ? count : nucleus(count, topP * total, (place) => weight(tokenAt(place)));
  const reach = kept === count ? total : sumOf(kept, (place) => weight(tokenAt(place)));
  const token = draw(kept, random() * reach, tokenAt, weight);
  const odds = sumOf(logits.length, (index) => Math.exp(logits[index]! - most));
  return { token, logProbability: logits[token]! - most - Math.log(odds) };
}

/** The first place at which the running sum passes `target`; never one of weight zero. */
function draw(
  count: number,
  target: number,
  tokenAt: (place: number) => number,
  weight: (token: number) => number,
): number {
  let sum = 0;
  let last = tokenAt(0);
  for (let place = 0; place < count; place++) {
    const token = tokenAt(place);
    const own = weight(token);
    if (own === 0) continue;
    last = token;
    sum += own;
    if (sum > target) return token;
  }
  return last;
}

/** Ids by falling logit, the lower id first among equals; the first `count` of them. */
function ranked(logits: Float32Array, count: number): Uint32Array {
  const ids = Uint32Array.from(logits.keys());
  const order = (a: number, b: number): number => logits[b]! - logits[a]! || a - b;
  if (count >= logits.length) return ids.toSorted(order);
  // Sorting all 257,000 costs 50 ms; those that can be among the first are few.
  const limit = Float32Array.from(logits).toSorted()[logits.length - count]!;
  return ids
    .filter((id) => logits[id]! >= limit)
    .toSorted(order)
    .subarray(0, count);
}

function nucleus(count: number, target: number, weightAt: (place: number) => number): number {
  let sum = 0;
  for (let place = 0; place < count; place++) {
    sum += weightAt(place);
    if (sum >= target) return place + 1;
  }
  return count;
}

function sumOf(count: number, valueAt: (place: number) => number): number {
  let sum = 0;
  for (let place = 0; place < count; place++) sum += valueAt(place);
  return sum;
}

function largest(values: Float32Array): number {
  let most = -Infinity;
  for (const value of values) if (value > most) most = value;
  return most;
}
