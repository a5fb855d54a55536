/**
 * Item numbers as sorted, disjoint, half-open ranges `[from, to)`: what a shard holds. A fresh shard is
 * one range; splits leave holes. The text form is Postgres's int4multirange, `{[0,256),[300,301)}`.
 */
export type ItemRange = readonly [from: number, to: number];
export type ItemRanges = readonly ItemRange[];

export function parseItemRanges(text: string): ItemRanges {
  return [...text.matchAll(/\[(\d+),(\d+)\)/g)].map(([, from, to]) => [Number(from), Number(to)]);
}

export function formatItemRanges(ranges: ItemRanges): string {
  return `{${ranges.map(([from, to]) => `[${from},${to})`).join(',')}}`;
}

export function countItems(ranges: ItemRanges): number {
  return ranges.reduce((sum, [from, to]) => sum + to - from, 0);
}

/** Any numbers, in any order, as ranges. */
export function rangesOf(numbers: Iterable<number>): ItemRanges {
  const ranges: [number, number][] = [];
  for (const n of [...new Set(numbers)].toSorted((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === n) last[1] = n + 1;
    else ranges.push([n, n + 1]);
  }
  return ranges;
}

export function* eachItem(ranges: ItemRanges): Generator<number> {
  for (const [from, to] of ranges) {
    for (let n = from; n < to; n += 1) yield n;
  }
}

/** The items of `ranges` that are not in `taken`. Shards hold at most a few hundred items. */
export function withoutItems(ranges: ItemRanges, taken: Iterable<number>): ItemRanges {
  const gone = new Set(taken);
  return rangesOf([...eachItem(ranges)].filter((n) => !gone.has(n)));
}

/** Two halves by count, the first not smaller. */
export function halveItems(ranges: ItemRanges): [ItemRanges, ItemRanges] {
  const all = [...eachItem(ranges)];
  const middle = Math.ceil(all.length / 2);
  return [rangesOf(all.slice(0, middle)), rangesOf(all.slice(middle))];
}
