import type { ItemResult } from '#contracts';
import type { ExportSource } from './export-format.js';

/**
 * Every pass over the results gives the items of the first one, though more may end meanwhile: an annotation never
 * names an image that is not listed. An item never changes once it has ended, so a bit for each is enough.
 * `onItem` hears every item of the first pass once.
 */
export function freezeSource(
  source: ExportSource,
  onItem: (item: ItemResult) => void | Promise<void> = () => undefined,
): ExportSource {
  const known = new NumberSet();
  let hasBegun = false;
  async function* results(): AsyncGenerator<ItemResult> {
    const isFirst = !hasBegun;
    hasBegun = true;
    for await (const item of source.results()) {
      if (isFirst) {
        known.add(item.n);
        await onItem(item);
      } else if (!known.has(item.n)) continue;
      yield item;
    }
  }
  return { job: source.job, picture: (item) => source.picture(item), results };
}

/** Whole numbers from 0, one bit each. */
class NumberSet {
  #bits = new Uint8Array(1024);

  add(n: number): void {
    if (n >> 3 >= this.#bits.length) {
      const larger = new Uint8Array(Math.max(this.#bits.length * 2, (n >> 3) + 1));
      larger.set(this.#bits);
      this.#bits = larger;
    }
    this.#bits[n >> 3]! |= 1 << (n & 7);
  }

  has(n: number): boolean {
    return ((this.#bits[n >> 3] ?? 0) & (1 << (n & 7))) !== 0;
  }
}
