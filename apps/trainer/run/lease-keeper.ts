import { renewFineTuning, type Database, type HeldFineTuning } from '#database';

/**
 * Renews one lease from this process, which does nothing that blocks. A lease that could not be renewed for
 * its whole length is treated as lost without asking.
 */
export class LeaseKeeper {
  readonly #lost = new AbortController();
  readonly #cancelled = new AbortController();
  readonly #timer: NodeJS.Timeout;
  /** On this process's steady clock; the database's clock is the judge, this is only for giving up early. */
  #renewedAt = performance.now();
  #isBeating = false;

  constructor(
    private readonly database: Database,
    private readonly held: HeldFineTuning,
    private readonly timing: { readonly leaseMs: number; readonly heartbeatMs: number },
    private readonly onError: (error: unknown) => void,
  ) {
    this.#timer = setInterval(() => void this.#beat(), timing.heartbeatMs);
  }

  /** Aborts when somebody else has the job: commit nothing. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Aborts when the job is being cancelled. */
  get cancelled(): AbortSignal {
    return this.#cancelled.signal;
  }

  /** A commit was refused: the lease is gone, whatever the last heartbeat said. */
  giveUp(): void {
    this.#lost.abort();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #beat(): Promise<void> {
    // A beat that waits for a slow database must not be joined by another.
    if (this.#isBeating) return this.#giveUpExpired();
    this.#isBeating = true;
    const askedAt = performance.now();
    try {
      const renewed = await renewFineTuning(this.database, this.held, this.timing.leaseMs);
      if (renewed === undefined) this.#lost.abort();
      else this.#renewedAt = askedAt;
      if (renewed?.cancelling === true) this.#cancelled.abort();
    } catch (error) {
      this.onError(error);
      this.#giveUpExpired();
    } finally {
      this.#isBeating = false;
    }
  }

  #giveUpExpired(): void {
    if (performance.now() - this.#renewedAt > this.timing.leaseMs) this.#lost.abort();
  }
}
