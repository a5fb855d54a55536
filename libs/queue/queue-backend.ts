import type { IQueueBackend, Processor, Queue, Worker } from 'bullmq';

interface TellsErrors {
  on(event: 'error', listener: (error: Error) => void): unknown;
}
/** Of BullMQ's queue what we use; its full type differs between the backends. */
export type TicketQueue = Pick<Queue<unknown, void, string>, 'addBulk' | 'getJobCountByTypes'> &
  TellsErrors & { getBackend(): Pick<IQueueBackend, 'getRanges'> };
export type TicketWorker = Pick<Worker<unknown, void, string>, 'pause' | 'close'> & TellsErrors;
/** Job data stay `unknown` until the ticket's schema has seen them. */
export type TicketProcessor = Processor<unknown, void, string>;

/** One BullMQ worker with the connections that it cannot be trusted to give up by itself. */
export interface OpenWorker {
  worker: TicketWorker;
  /** Cuts its connections; pending commands fail and nothing reconnects. */
  sever(): void;
}

/** What differs between Redis and Postgres below BullMQ. */
export interface QueueBackend {
  readonly kind: 'redis' | 'postgres';
  openQueue(name: string): TicketQueue;
  openWorker(name: string, processor: TicketProcessor, concurrency: number): OpenWorker;
  check(): Promise<void>;
  close(deadlineMs: number): Promise<void>;
}

/** Namespace of all our keys in Redis. */
export const KEY_PREFIX = 'pallet';

/** A ticket that failed or was handled leaves nothing: Postgres knows what became of the shard. */
export const JOB_OPTIONS = { attempts: 1, removeOnComplete: true, removeOnFail: true } as const;

export const QUEUE_OPTIONS = {
  // Nobody reads BullMQ's event stream.
  streams: { events: { maxLen: 100 } },
} as const;

export const WORKER_OPTIONS = {
  // Together: the ticket of a worker that was killed is delivered again after 15 to 20 s.
  lockDuration: 15_000,
  stalledInterval: 5_000,
  // BullMQ must never give up on a ticket; how often a shard may be lost is decided in Postgres.
  maxStalledCount: 1_000,
  runRetryDelay: 1_000,
  removeOnComplete: { count: 0 },
  removeOnFail: { count: 0 },
} as const;
