import { AppError } from '#contracts';
import { BullmqQueueSystem } from './bullmq-queue-system.js';
import { unavailable } from './deadline.js';
import type { QueueSystem } from './dispatch-queue.js';
import { ErrorReport } from './error-report.js';
import { PostgresBackend } from './postgres-backend.js';
import { RedisBackend } from './redis-backend.js';

export interface QueueOptions {
  /** Errors that no caller waits for: lost connections, lost locks, handlers that threw. */
  onError?: (error: Error) => void;
}

const READY_MS = 2_000;

/**
 * `redis://`, `rediss://`, `postgres://` or `postgresql://`. A Redis that is away is no error here: it
 * may come back, the calls fail fast until then and consumption starts by itself.
 * Errors: `queue.redis_policy`, `queue.url`; for Postgres also `queue.unavailable`.
 */
export async function connectQueue(url: string, options: QueueOptions = {}): Promise<QueueSystem> {
  const errors = new ErrorReport(options.onError ?? (() => undefined));
  switch (URL.canParse(url) ? new URL(url).protocol : undefined) {
    case 'redis:':
    case 'rediss:':
      return connectRedis(url, errors);
    case 'postgres:':
    case 'postgresql:':
      return connectPostgres(url, errors);
    default:
      throw new AppError('queue.url', 'The queue address must begin with redis:// or postgres://.');
  }
}

async function connectRedis(url: string, errors: ErrorReport): Promise<QueueSystem> {
  const backend = new RedisBackend(url, errors);
  await backend.whenReady(READY_MS);
  try {
    await backend.check();
  } catch (error) {
    if (!(error instanceof AppError && error.retryable)) {
      await backend.close();
      throw error;
    }
    errors.report(error);
  }
  return new BullmqQueueSystem(backend, errors);
}

async function connectPostgres(url: string, errors: ErrorReport): Promise<QueueSystem> {
  const backend = new PostgresBackend(url, errors);
  try {
    await backend.migrate();
  } catch (error) {
    await backend.close(1_000);
    throw unavailable(error);
  }
  return new BullmqQueueSystem(backend, errors);
}
