import { Queue, type ConnectionOptions as BullmqConnection, type RedisQueueBackend } from 'bullmq';
import { Redis, type RedisOptions } from 'ioredis';
import { AppError } from '#contracts';
import { answered } from './deadline.js';
import type { ErrorReport } from './error-report.js';
import { LettingGoWorker } from './letting-go-worker.js';
import {
  KEY_PREFIX,
  QUEUE_OPTIONS,
  WORKER_OPTIONS,
  type OpenWorker,
  type QueueBackend,
  type TicketProcessor,
  type TicketQueue,
} from './queue-backend.js';

type ConnectionOptions = Omit<RedisOptions, 'replyMapping'>;

const CONNECTION: ConnectionOptions = {
  keepAlive: 10_000,
  connectTimeout: 5_000,
  // BullMQ's own goes up to 20 s, which is how long work would rest after an outage.
  retryStrategy: (attempt) => Math.min(50 * 2 ** attempt, 1_000),
};

/** Callers wait: no queueing while Redis is away, and no second try. */
const PRODUCER: ConnectionOptions = {
  ...CONNECTION,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 1,
  commandTimeout: 1_500,
  socketTimeout: 5_000,
};

/**
 * Nobody waits: commands are kept over an outage. Without `socketTimeout`, which must be longer than the
 * 10 s that BullMQ blocks for, a connection whose other end vanished without a word is waited on forever.
 */
const CONSUMER: ConnectionOptions = {
  ...CONNECTION,
  maxRetriesPerRequest: null,
  socketTimeout: 12_000,
};

/** Resolves although Redis is away: it may come back, and until then calls fail fast. */
export class RedisBackend implements QueueBackend {
  readonly kind = 'redis';
  readonly #producer: Redis;

  constructor(
    private readonly url: string,
    private readonly errors: ErrorReport,
  ) {
    this.#producer = new TrackedRedis(url, PRODUCER, errors);
  }

  openQueue(name: string): TicketQueue {
    return new Queue<unknown, void, string>(name, {
      ...QUEUE_OPTIONS,
      connection: this.#producer,
      prefix: KEY_PREFIX,
      skipWaitingForReady: true,
      // It would be asked once, while Redis may be away; `check` looks at what matters.
      skipVersionCheck: true,
    });
  }

  openWorker(name: string, processor: TicketProcessor, concurrency: number): OpenWorker {
    const connection = new TrackedRedis(this.url, CONSUMER, this.errors);
    const worker = new LettingGoWorker<RedisQueueBackend, BullmqConnection>(name, processor, {
      ...WORKER_OPTIONS,
      concurrency,
      connection,
      prefix: KEY_PREFIX,
    });
    const sever = (): void => {
      worker.letGo();
      connection.sever();
    };
    return { worker, sever };
  }

  /** Errors: `queue.unavailable`, `queue.redis_policy`. */
  async check(): Promise<void> {
    const memory = await answered(() => this.#producer.info('memory'));
    const limit = Number(/^maxmemory:(\d+)/m.exec(memory)?.[1] ?? 0);
    const policy = /^maxmemory_policy:(\S+)/m.exec(memory)?.[1] ?? 'noeviction';
    if (limit === 0 || policy === 'noeviction') return;
    throw new AppError(
      'queue.redis_policy',
      `Redis may throw away keys of the queue: maxmemory-policy is ${policy}. Set it to noeviction, or give Pallet a Redis of its own.`,
      { context: { policy, limit } },
    );
  }

  /** Resolves when Redis answers, or after `ms`. */
  async whenReady(ms: number): Promise<void> {
    if (this.#producer.status === 'ready') return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#producer.once('ready', () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  async close(): Promise<void> {
    // Nothing is under way that anybody waits for, and QUIT would wait for a frozen server.
    this.#producer.disconnect();
  }
}

/**
 * BullMQ duplicates the connection of a worker for its blocking reads and keeps that one to itself. When
 * Redis is away, `close()` of the worker waits for it forever; so we must be able to cut it ourselves.
 */
class TrackedRedis extends Redis {
  readonly #copies: { disconnect(): void }[] = [];

  constructor(
    url: string,
    options: ConnectionOptions,
    private readonly errors: ErrorReport,
  ) {
    super(url, options);
    this.on('error', errors.report);
  }

  override duplicate<Override extends Partial<RedisOptions> | undefined = undefined>(
    override?: Override,
  ) {
    const copy = super.duplicate(override);
    copy.on('error', this.errors.report);
    this.#copies.push(copy);
    return copy;
  }

  sever(): void {
    for (const connection of [this, ...this.#copies]) connection.disconnect();
  }
}
