import { renewLeases, type Database, type HeldShard } from '#database';

/** A lease as its holder sees it. */
export interface KeptLease {
  /** Aborts when the lease is lost: somebody else owns the shard, commit nothing. */
  readonly lost: AbortSignal;
  /** Aborts when the job is being cancelled. */
  readonly cancelled: AbortSignal;
  drop(): void;
}

interface Entry extends HeldShard {
  readonly lost: AbortController;
  readonly cancelled: AbortController;
  /** On this process's steady clock; the database's clock is the judge, this is only for giving up early. */
  renewedAt: number;
}

/**
 * Renews all leases of this worker in one statement per beat, from this process, which does nothing that
 * blocks. A lease that could not be renewed for its whole length is treated as lost without asking.
 */
export class LeaseKeeper {
  readonly #entries = new Map<string, Entry>();
  #timer: NodeJS.Timeout | undefined;
  #beating = false;

  constructor(
    private readonly database: Database,
    private readonly workerId: string,
    private readonly timing: { readonly leaseMs: number; readonly heartbeatMs: number },
    private readonly onError: (error: unknown) => void,
  ) {}

  start(): void {
    this.#timer = setInterval(() => void this.#beat(), this.timing.heartbeatMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  hold(lease: HeldShard): KeptLease {
    const key = `${lease.shardId}-${lease.fence}`;
    const entry: Entry = {
      shardId: lease.shardId,
      fence: lease.fence,
      lost: new AbortController(),
      cancelled: new AbortController(),
      renewedAt: performance.now(),
    };
    this.#entries.set(key, entry);
    return {
      lost: entry.lost.signal,
      cancelled: entry.cancelled.signal,
      drop: () => this.#entries.delete(key),
    };
  }

  async #beat(): Promise<void> {
    // A beat that waits for a slow database must not be joined by another.
    if (this.#beating) return this.#giveUpExpired();
    this.#beating = true;
    const entries = [...this.#entries.values()];
    const askedAt = performance.now();
    try {
      const renewed = await renewLeases(this.database, this.workerId, entries, this.timing.leaseMs);
      const kept = new Map(renewed.map((lease) => [`${lease.shardId}-${lease.fence}`, lease]));
      for (const entry of entries) {
        const lease = kept.get(`${entry.shardId}-${entry.fence}`);
        if (lease === undefined) entry.lost.abort();
        else entry.renewedAt = askedAt;
        if (lease?.cancelling === true) entry.cancelled.abort();
      }
    } catch (error) {
      this.onError(error);
      this.#giveUpExpired();
    } finally {
      this.#beating = false;
    }
  }

  #giveUpExpired(): void {
    const now = performance.now();
    for (const entry of this.#entries.values()) {
      if (now - entry.renewedAt > this.timing.leaseMs) entry.lost.abort();
    }
  }
}
