import type { ItemState } from '#contracts';
import type { ExportReport } from '../export-format.js';

export class CountingReport implements ExportReport {
  readonly #counts = new Map<string, number>([
    ['succeeded', 0],
    ['failed', 0],
    ['cancelled', 0],
  ]);
  readonly #leftOut = new Map<string, number>();

  countItem(state: ItemState): void {
    this.count(state);
  }

  count(what: string, by = 1): void {
    add(this.#counts, what, by);
  }

  leftOut(reason: string, by = 1): void {
    if (by > 0) add(this.#leftOut, reason, by);
  }

  get counts(): Record<string, number> {
    return Object.fromEntries(this.#counts);
  }

  get leftOutCounts(): Record<string, number> {
    return Object.fromEntries(this.#leftOut);
  }
}

const add = (counts: Map<string, number>, key: string, by: number): void =>
  void counts.set(key, (counts.get(key) ?? 0) + by);
