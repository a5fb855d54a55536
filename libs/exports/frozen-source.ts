import type { ItemResult, ItemState } from '#contracts';
import type { ExportSource } from './export-format.js';

/**
 * Every pass over the results gives the items as the first one saw them, though meanwhile more may end, and some may
 * be asked more: an annotation never names an image that is not listed, nor a task that the job had not. Answers are
 * only ever put behind those that an item has, so its state and their number are enough: a byte for each item.
 * `onItem` hears every item of the first pass once.
 */
export function freezeSource(
  source: ExportSource,
  onItem: (item: ItemResult) => void | Promise<void> = () => undefined,
): ExportSource {
  const { tasks } = source.job;
  const most = tasks === 'own' ? Infinity : tasks.length;
  const known = new FirstLooks();
  let hasBegun = false;
  async function* results(): AsyncGenerator<ItemResult> {
    const isFirst = !hasBegun;
    hasBegun = true;
    for await (const item of source.results()) {
      if (isFirst) {
        const seen = asSeen(item, { state: item.state, answers: most });
        known.add(seen);
        await onItem(seen);
        yield seen;
      } else {
        const look = known.of(item.n);
        if (look !== undefined) yield asSeen(item, look);
      }
    }
  }
  return { job: source.job, picture: (item) => source.picture(item), results };
}

interface Look {
  readonly state: ItemState;
  /** How many. */
  readonly answers: number;
}

const asSeen = (item: ItemResult, { state, answers }: Look): ItemResult =>
  item.state === state && item.answers.length <= answers
    ? item
    : { ...item, state, answers: item.answers.slice(0, answers) };

const STATES: readonly ItemState[] = ['succeeded', 'failed', 'cancelled'];

/** By number of the item. 0: not seen. */
class FirstLooks {
  #bytes = new Uint8Array(1024);

  add({ n, state, answers }: ItemResult): void {
    if (n >= this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#bytes.length * 2, n + 1));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes[n] = 1 + STATES.indexOf(state) + STATES.length * answers.length;
  }

  of(n: number): Look | undefined {
    const byte = this.#bytes[n] ?? 0;
    if (byte === 0) return undefined;
    const state = STATES[(byte - 1) % STATES.length]!;
    return { state, answers: Math.floor((byte - 1) / STATES.length) };
  }
}
