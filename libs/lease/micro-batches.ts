/** A micro-batch is committed at this many entries or after this time, whichever comes first. */
const MOST_ENTRIES = 256;
const LONGEST_WAIT_MS = 1_000;

/** Collects entries and commits them in micro-batches, one at a time and in their order. */
export class MicroBatches<Entry> {
  #entries: Entry[] = [];
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> = Promise.resolve();

  constructor(
    /** Never of nothing. */
    private readonly commit: (entries: readonly Entry[]) => Promise<void>,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  add(entry: Entry): void {
    this.#entries.push(entry);
    if (this.#entries.length >= MOST_ENTRIES) this.flush().catch(this.onFailure);
    else this.#timer ??= setTimeout(() => this.flush().catch(this.onFailure), LONGEST_WAIT_MS);
  }

  /** Resolves when all that was added before is committed. Errors: those of the commit. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const flushed = this.#flushing.then(() => this.#commitAll());
    this.#flushing = flushed.catch(() => undefined);
    return flushed;
  }

  async #commitAll(): Promise<void> {
    const entries = this.#entries;
    if (entries.length === 0) return;
    this.#entries = [];
    await this.commit(entries);
  }
}
