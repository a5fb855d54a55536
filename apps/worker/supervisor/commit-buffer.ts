import { commitItems, type Commit, type Database, type EndedItem, type HeldShard } from '#database';
import { AppError } from '#contracts';
import { pause } from './pause.js';

/** A micro-batch is committed at this many items or after this time, whichever comes first. */
const MOST_ITEMS = 256;
const LONGEST_WAIT_MS = 1_000;

/** The lease was lost: whatever was not committed is somebody else's work now. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError';
}

/**
 * Collects ended items of one shard and commits them in micro-batches, one at a time. An outage of
 * Postgres is waited out for as long as the lease may still be ours; the commit is safe to repeat.
 */
export class CommitBuffer {
  #items: EndedItem[] = [];
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> = Promise.resolve();

  constructor(
    private readonly database: Database,
    private readonly workerId: string,
    private readonly held: HeldShard,
    private readonly lost: AbortSignal,
    private readonly onCommit: (commit: Commit) => void,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  add(item: EndedItem): void {
    this.#items.push(item);
    if (this.#items.length >= MOST_ITEMS) void this.flush().catch(this.onFailure);
    else this.#timer ??= setTimeout(() => void this.flush().catch(this.onFailure), LONGEST_WAIT_MS);
  }

  /** Resolves when all that was added before is committed. Errors: `LeaseLostError`. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const flushed = this.#flushing.then(() => this.#commit());
    this.#flushing = flushed.catch(() => undefined);
    return flushed;
  }

  async #commit(): Promise<void> {
    const items = this.#items;
    this.#items = [];
    if (items.length === 0) return;
    for (let delayMs = 100; ; delayMs = Math.min(delayMs * 2, 2_000)) {
      if (this.lost.aborted) throw new LeaseLostError();
      try {
        const commit = await commitItems(this.database, this.held, this.workerId, items);
        if (commit === undefined) throw new LeaseLostError();
        return this.onCommit(commit);
      } catch (error) {
        if (!(error instanceof AppError && error.retryable)) throw error;
        await pause(delayMs, this.lost);
      }
    }
  }
}
