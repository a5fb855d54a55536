/** A lease as its holder sees it. */
export interface KeptLease {
  /** Aborts when the lease is lost: somebody else owns the work, commit nothing. */
  readonly lost: AbortSignal;
  /** Aborts when the job is being cancelled. */
  readonly cancelled: AbortSignal;
  /** Aborts when the job is paused: what is in work ends, the rest is given back. */
  readonly paused: AbortSignal;
  /** A commit was refused: the lease is gone, whatever the last heartbeat said. */
  giveUp(): void;
  drop(): void;
}

export interface LeaseTiming {
  readonly leaseMs: number;
  readonly heartbeatMs: number;
}

interface Entry<Lease> {
  readonly lease: Lease;
  readonly lost: AbortController;
  readonly cancelled: AbortController;
  readonly paused: AbortController;
  /** On this process's steady clock; the database's clock is the judge, this is only for giving up early. */
  renewedAt: number;
}

/**
 * Renews all leases of this process in one call per beat, from this process, which does nothing that blocks. A lease
 * that could not be renewed for its whole length is treated as lost without asking.
 */
export class LeaseKeeper<Lease> {
  readonly #entries = new Set<Entry<Lease>>();
  #timer: NodeJS.Timeout | undefined;
  #isBeating = false;

  constructor(
    /** In the order of the leases: what became of each one's job, and undefined for one that was lost. */
    private readonly renew: (
      leases: readonly Lease[],
    ) => Promise<
      readonly ({ readonly cancelling: boolean; readonly pausing?: boolean } | undefined)[]
    >,
    private readonly timing: LeaseTiming,
    private readonly onError: (error: unknown) => void,
  ) {}

  start(): void {
    this.#timer = setInterval(() => void this.#beat(), this.timing.heartbeatMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  hold(lease: Lease): KeptLease {
    const entry: Entry<Lease> = {
      lease,
      lost: new AbortController(),
      cancelled: new AbortController(),
      paused: new AbortController(),
      renewedAt: performance.now(),
    };
    this.#entries.add(entry);
    return {
      lost: entry.lost.signal,
      cancelled: entry.cancelled.signal,
      paused: entry.paused.signal,
      giveUp: () => entry.lost.abort(),
      drop: () => this.#entries.delete(entry),
    };
  }

  async #beat(): Promise<void> {
    // A beat that waits for a slow database must not be joined by another.
    if (this.#isBeating) return this.#giveUpExpired();
    this.#isBeating = true;
    const entries = [...this.#entries];
    const askedAt = performance.now();
    try {
      const renewed = await this.renew(entries.map(({ lease }) => lease));
      entries.forEach((entry, index) => {
        const lease = renewed[index];
        if (lease === undefined) entry.lost.abort();
        else entry.renewedAt = askedAt;
        if (lease?.cancelling === true) entry.cancelled.abort();
        if (lease?.pausing === true) entry.paused.abort();
      });
    } catch (error) {
      this.onError(error);
      this.#giveUpExpired();
    } finally {
      this.#isBeating = false;
    }
  }

  #giveUpExpired(): void {
    const now = performance.now();
    for (const { lost, renewedAt } of this.#entries) {
      if (now - renewedAt > this.timing.leaseMs) lost.abort();
    }
  }
}
