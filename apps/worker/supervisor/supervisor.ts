import { hostname } from 'node:os';
import { AppError, newUuid, publicId, type HostModel } from '#contracts';
import {
  claimShard,
  recordTaskTime,
  registerWorker,
  removeWorker,
  renewLeases,
  startIsolated,
  type Database,
  type HeldShard,
  type Lease,
} from '#database';
import { LeaseKeeper, pause } from '#lease';
import type { Ticket, Lane } from '#pipeline';
import type { Consumer, QueueSystem } from '#queue';
import { readImage, type ObjectStore } from '#storage';
import { startClock } from '#telemetry';
import { AnswerCache } from './answer-cache.js';
import type { EngineClient } from './engine-client.js';
import { IsolationGate } from './isolation-gate.js';
import { inLeaseSpan } from './lease-span.js';
import { ShardRun, type RunEnd } from './shard-run.js';
import type { ShardTools } from './shard-tools.js';
import { TaskMeter } from './task-meter.js';

export interface SupervisorOptions {
  readonly modelName: string;
  readonly modelNote: string | null;
  readonly leaseMs: number;
  readonly heartbeatMs: number;
  /** Shards of the bulk lane in work at once, so that one is fetched while another ends. */
  readonly shardConcurrency: number;
  readonly window: number;
  readonly maxImageBytes: number;
  /** Takes and keeps known answers, for jobs that want them. */
  readonly answerCache: boolean;
}

export interface SupervisorWatcher {
  committed: ShardTools['onCommitted'];
  shardEnded(end: RunEnd): void;
}

export interface SupervisorParts {
  readonly database: Database;
  readonly queue: QueueSystem;
  readonly store: ObjectStore;
  readonly engine: EngineClient;
  /** Figures of the worker, if anybody wants them. */
  readonly watcher?: SupervisorWatcher;
  /** Tells others what this worker does, from the start of its host to the end of its drain. */
  readonly reporter?: { start(): void; beat(): void; stop(): Promise<void> };
  readonly log: (level: 'info' | 'warn' | 'error', message: string, context: object) => void;
}

/** Single pictures that somebody waits for, beside the bulk shards. */
const INTERACTIVE_CONCURRENCY = 4;
const METER_INTERVAL_MS = 5_000;

/**
 * The half of a worker that answers to the rest of the system: takes tickets, holds leases, feeds the
 * engine host and commits what it says. Nothing here blocks the event loop.
 */
export class Supervisor {
  readonly workerId = newUuid();
  readonly #draining = new AbortController();
  readonly #hurried = new AbortController();
  readonly #gate = new IsolationGate();
  readonly #meter = new TaskMeter();
  readonly #runs = new Set<Promise<void>>();
  readonly #keeper: LeaseKeeper<HeldShard>;
  #tools!: ShardTools;
  #consumers: Consumer[] = [];
  #meterTimer: NodeJS.Timeout | undefined;

  constructor(
    private readonly parts: SupervisorParts,
    private readonly options: SupervisorOptions,
  ) {
    const { log } = parts;
    this.#keeper = new LeaseKeeper(
      (leases) => this.#renew(leases),
      options,
      (error) => log('warn', 'heartbeat failed', { error }),
    );
  }

  /** Starts the host, registers the worker, then takes work. */
  async start(): Promise<HostModel> {
    this.parts.reporter?.start();
    const model = await this.parts.engine.start();
    this.#tools = this.#shardTools(model.revision);
    await this.#register(model);
    this.#keeper.start();
    this.#meterTimer = setInterval(() => void this.#recordTaskTime(), METER_INTERVAL_MS);
    this.#consumers = [
      this.#consume('interactive', INTERACTIVE_CONCURRENCY),
      this.#consume('bulk', this.options.shardConcurrency),
    ];
    this.parts.reporter?.beat();
    return model;
  }

  /**
   * Takes nothing new, lets the host finish what it holds until the deadline, commits, gives back the
   * rest. Nothing here is needed for correctness: a kill instead costs the lease's length.
   */
  async drain(deadlineMs: number): Promise<void> {
    const deadline = setTimeout(() => this.#hurried.abort(), deadlineMs);
    this.#draining.abort();
    await Promise.all(this.#runs);
    clearTimeout(deadline);
    this.#keeper.stop();
    clearInterval(this.#meterTimer);
    await Promise.all(this.#consumers.map((consumer) => consumer.close(2_000)));
    // A report after this would make the worker known again.
    await this.parts.reporter?.stop();
    await removeWorker(this.parts.database, this.workerId).catch(() => undefined);
  }

  #shardTools(revision: string | undefined): ShardTools {
    const { database, engine, log, watcher } = this.parts;
    const { modelName, answerCache, window } = this.options;
    const onFailure = (error: unknown): void =>
      log('warn', 'cannot look up known answers', { error });
    return {
      database,
      workerId: this.workerId,
      engine,
      cache: new AnswerCache(database, modelName, answerCache ? revision : undefined, onFailure),
      window,
      fetchImage: (tenantId, sha256) => this.#fetchImage(tenantId, sha256),
      onAnswered: (tasks) => this.#meter.count(tasks),
      onCommitted: (...commit) => watcher?.committed(...commit),
      onFailure: (error, lease) => log('error', 'shard failed', { error, ...idsOf(lease) }),
    };
  }

  /** Shards in work. */
  get runs(): number {
    return this.#runs.size;
  }

  get status(): 'starting' | 'ready' | 'busy' | 'draining' {
    if (this.#draining.signal.aborted) return 'draining';
    if (this.#consumers.length === 0) return 'starting';
    return this.#runs.size > 0 ? 'busy' : 'ready';
  }

  #consume(lane: Lane, concurrency: number): Consumer {
    return this.parts.queue.consume(this.options.modelName, lane, { concurrency }, (ticket) => {
      const run = this.#handle(ticket);
      this.#runs.add(run);
      return run.finally(() => this.#runs.delete(run));
    });
  }

  /** One statement for all, which also says that this worker lives. */
  async #renew(leases: readonly HeldShard[]) {
    const { database } = this.parts;
    const rows = await renewLeases(database, this.workerId, leases, this.options.leaseMs);
    const renewed = new Map(rows.map((row) => [`${row.shardId}-${row.fence}`, row]));
    return leases.map(({ shardId, fence }) => renewed.get(`${shardId}-${fence}`));
  }

  async #handle(ticket: Ticket): Promise<void> {
    // A ticket that is not claimed stays `dispatched` and comes again by the reconcile step.
    if (this.#draining.signal.aborted) return;
    const clock = startClock();
    try {
      const { database } = this.parts;
      const lease = await claimShard(database, ticket, this.workerId, this.options.leaseMs);
      if (lease !== undefined) await inLeaseSpan(lease, clock(), () => this.#run(lease));
    } catch (error) {
      this.parts.log('error', 'shard run failed', { error, ticket });
    }
  }

  async #run(lease: Lease): Promise<void> {
    const kept = this.#keeper.hold(lease);
    const leave = await this.#gate.enter(lease.isolated);
    try {
      if (lease.isolated) await startIsolated(this.parts.database, lease);
      const drain = { draining: this.#draining.signal, hurried: this.#hurried.signal };
      const end = await new ShardRun(this.#tools, lease, kept, drain).run();
      this.parts.watcher?.shardEnded(end);
      this.parts.log('info', 'shard ended', {
        ...idsOf(lease),
        end,
        items: lease.items.length,
      });
    } finally {
      leave();
      kept.drop();
    }
  }

  async #fetchImage(tenantId: string, sha256: string): Promise<Uint8Array> {
    try {
      return await readImage(this.parts.store, { tenantId, sha256 }, this.options.maxImageBytes);
    } catch (error) {
      if (error instanceof AppError && error.code === 'storage.not_found') {
        throw new AppError(
          'image.missing',
          'The bytes of this image are gone from the object store.',
          {
            cause: error,
          },
        );
      }
      throw error;
    }
  }

  /** A database that is not there yet is waited for; crash loops help nobody. */
  async #register(model: HostModel): Promise<void> {
    const { modelName: name, modelNote: note } = this.options;
    const worker = { id: this.workerId, host: hostname(), pid: process.pid };
    for (let delayMs = 100; ; delayMs = Math.min(delayMs * 2, 5_000)) {
      try {
        const { family, imageSize, revision } = model;
        return await registerWorker(this.parts.database, {
          ...worker,
          model: { name, family, imageSize, note, revision },
        });
      } catch (error) {
        this.parts.log('warn', 'cannot register yet', { error });
        await pause(delayMs, this.#draining.signal);
        if (this.#draining.signal.aborted) throw error;
      }
    }
  }

  async #recordTaskTime(): Promise<void> {
    const taskMs = this.#meter.read();
    if (taskMs === undefined) return;
    await recordTaskTime(this.parts.database, this.options.modelName, taskMs).catch(
      () => undefined,
    );
  }
}

const idsOf = ({ jobId, shardId }: Lease) => ({ job: publicId('job', jobId), shard: shardId });
