import { AppError } from '#contracts';
import {
  cancelLeasedShard,
  commitItems,
  loseLease,
  releaseLease,
  type EndedItem,
  type Lease,
  type LeasedItem,
} from '#database';
import { LeaseLostError, MicroBatches, pause, persist, type KeptLease } from '#lease';
import { inSpan, startClock } from '#telemetry';
import { HostCrashedError } from './engine-client.js';
import { askedAlike } from './asked-alike.js';
import type { ShardTools } from './shard-tools.js';
import { ShardTrace } from './shard-trace.js';
import {
  endAsAnswered,
  endAsKnown,
  endTwins,
  numberInJob,
  openQuestions,
  planWork,
  type Work,
} from './shard-work.js';

/** How a run ended; for logs and metrics only, the truth is in Postgres. */
export type RunEnd = 'done' | 'released' | 'cancelled' | 'lost' | 'crashed';

/** The two steps of a drain: take nothing new; then, at the deadline, wait for nothing either. */
export interface DrainSignals {
  readonly draining: AbortSignal;
  readonly hurried: AbortSignal;
}

/**
 * One lease on one shard, from its items to its end:
 *
 *   items -> fetch -> engine host -> commit buffer        (at most `window` items at once)
 *     \____ answers that are known ____/
 *
 *   done       every item is committed
 *   released   the worker drains or the job is paused: finished items are committed, the rest is given back
 *   cancelled  the job is being cancelled: the rest ends as cancelled
 *   crashed    the host died with items inside: they are reported as suspects
 *   lost       the lease is somebody else's: nothing more is written
 */
export class ShardRun {
  /** Items inside the host now. */
  readonly #inHost = new Set<number>();
  /** Items that were inside when the host died. */
  readonly #suspects: number[] = [];
  readonly #stop = new AbortController();
  readonly #commits: MicroBatches<EndedItem>;
  readonly #trace = new ShardTrace();
  #cancelled = false;
  #crashed = false;
  #failure: unknown;

  constructor(
    private readonly tools: ShardTools,
    private readonly lease: Lease,
    private readonly kept: KeptLease,
    private readonly drain: DrainSignals,
  ) {
    this.#commits = new MicroBatches(
      (items) => this.#commit(items),
      (error) => this.#fail(error),
    );
  }

  async run(): Promise<RunEnd> {
    const { lost, cancelled } = this.kept;
    const { hurried } = this.drain;
    const stop = (): void => this.#stop.abort();
    lost.addEventListener('abort', stop, { once: true });
    cancelled.addEventListener('abort', () => this.#cancel(), { once: true });
    hurried.addEventListener('abort', stop, { once: true });
    // While the run waited for the host, any of them may have happened already.
    if (lost.aborted || hurried.aborted) stop();
    if (cancelled.aborted) this.#cancel();
    try {
      const end = await this.#runToEnd();
      this.#trace.end(this.lease.items.length, end);
      return end;
    } finally {
      // This signal lives as long as the worker; the others end with the lease.
      hurried.removeEventListener('abort', stop);
    }
  }

  /** An outage of Postgres is waited out; the commit is safe to repeat. */
  async #commit(items: readonly EndedItem[]): Promise<void> {
    const { database, workerId } = this.tools;
    const clock = startClock();
    const commit = await persist(this.kept.lost, () =>
      commitItems(
        database,
        this.lease,
        workerId,
        items.map((item) => numberInJob(item, this.lease.firstTask)),
      ),
    );
    if (commit === undefined) throw new LeaseLostError();
    const took = clock();
    this.#trace.committed(items, took);
    this.tools.onCommitted(items, this.lease, (took.endMs - took.startMs) / 1000);
    if (commit.jobState === 'cancelling') this.#cancelled = true;
    if (this.#cancelled) this.#stop.abort();
  }

  async #runToEnd(): Promise<RunEnd> {
    const { lease } = this;
    const queue = await this.#plan();
    const lanes = lease.isolated ? 1 : this.tools.window;
    try {
      await Promise.all(Array.from({ length: lanes }, () => this.#work(queue)));
      if (this.#failure !== undefined) throw this.#failure;
      await this.#commits.flush();
    } catch (error) {
      if (error instanceof LeaseLostError) return 'lost';
      // Not the image's fault as far as anyone can tell, yet running it again at once would fail at once:
      // the rule for losses bounds the tries and finds the item if it is one.
      this.tools.onFailure(error, lease);
      await loseLease(this.tools.database, { shardId: lease.shardId, fence: lease.fence });
      return 'crashed';
    }
    return this.#end(queue.length);
  }

  async #end(left: number): Promise<RunEnd> {
    const { database } = this.tools;
    if (this.#crashed) {
      const { shardId, fence } = this.lease;
      await loseLease(database, { shardId, fence, suspects: this.#suspects });
      return 'crashed';
    }
    if (this.#cancelled) {
      await cancelLeasedShard(database, this.lease);
      return 'cancelled';
    }
    if (this.kept.lost.aborted) return 'lost';
    if (left === 0) return 'done';
    await releaseLease(database, this.lease);
    return 'released';
  }

  /** What is left to do for the host; items about which all is known end at once. */
  async #plan(): Promise<Work[]> {
    const { lease } = this;
    const parts = askedAlike(lease);
    const knowledge = await inSpan('recall', {}, () => this.tools.cache.recall(parts));
    const planned = parts.flatMap((part, at) => planWork(part, knowledge[at]!));
    return planned.filter((work) => {
      if (openQuestions(work.tasks, work).length > 0) return true;
      this.#endWork(work, endAsKnown(work, lease.losses + 1));
      return false;
    });
  }

  /** One of the window's lanes: takes items until there are none or the run has to stop. */
  async #work(queue: Work[]): Promise<void> {
    while (!this.#mustStop) {
      const work = queue.shift();
      if (work === undefined) return;
      const ended = await this.#analyse(work).catch((error: unknown) => this.#fail(error));
      if (ended === undefined) {
        // Not ended: it stays with the shard.
        queue.unshift(work);
        return;
      }
      this.#endWork(work, ended);
      // A failure may have been this asking's own: each image is asked before it fails.
      if (ended.state === 'failed') queue.unshift(...work.twins.map((item) => alone(item, work)));
    }
  }

  #endWork(work: Work, ended: EndedItem): void {
    this.#commits.add(ended);
    if (ended.state === 'failed') return;
    for (const twin of endTwins(work, ended)) this.#commits.add(twin);
  }

  get #mustStop(): boolean {
    return (
      this.#stop.signal.aborted ||
      this.drain.draining.aborted ||
      this.kept.paused.aborted ||
      this.#crashed
    );
  }

  /** The item's end; undefined when it has not ended (host crash, cancel, lost lease, drain). */
  async #analyse(work: Work): Promise<EndedItem | undefined> {
    const { tools, lease } = this;
    const { item } = work;
    const asked = openQuestions(work.tasks, work);
    const attempts = lease.losses + 1;
    const clock = startClock();
    try {
      const bytes = await this.#fetch(item);
      if (bytes === undefined || this.#mustStop) return undefined;
      const took = clock();
      this.#trace.fetched(item.n, took);
      const result = await tools.engine.analyse(
        bytes,
        asked.map(({ task }) => task),
        lease.lane === 'interactive',
        this.#stop.signal,
        () => this.#inHost.add(item.n),
      );
      this.#trace.analysed(item.n, result);
      tools.onAnswered(asked.length);
      return endAsAnswered(work, asked, result, {
        attempts,
        fetchMs: took.endMs - took.startMs,
        questions: work.questions,
      });
    } catch (error) {
      if (error instanceof HostCrashedError) {
        this.#crashed = true;
        if (this.#inHost.has(item.n)) this.#suspects.push(item.n);
        return undefined;
      }
      if (this.#stop.signal.aborted || !(error instanceof AppError) || error.retryable) throw error;
      return {
        n: item.n,
        state: 'failed',
        attempts,
        error: { code: error.code, detail: error.message },
      };
    } finally {
      this.#inHost.delete(item.n);
    }
  }

  /** Waits out an object store that does not answer; undefined when the run has to stop meanwhile. */
  async #fetch(item: LeasedItem): Promise<Uint8Array | undefined> {
    const { tools, lease } = this;
    for (let delayMs = 200; !this.#mustStop; delayMs = Math.min(delayMs * 2, 5_000)) {
      try {
        return await tools.fetchImage(lease.tenantId, item.sha256);
      } catch (error) {
        if (!(error instanceof AppError && error.retryable)) throw error;
        const { draining } = this.drain;
        await pause(delayMs, AbortSignal.any([this.#stop.signal, draining, this.kept.paused]));
      }
    }
    return undefined;
  }

  #cancel(): void {
    this.#cancelled = true;
    this.#stop.abort();
  }

  #fail(error: unknown): undefined {
    if (!this.#stop.signal.aborted) this.#failure ??= error;
    this.#stop.abort();
    return undefined;
  }
}

const alone = (item: LeasedItem, work: Work): Work => ({ ...work, item, twins: [] });
