import { createPostgresBackend, Queue, runMigrations } from 'bullmq';
import pg from 'pg';
import { answered, within } from './deadline.js';
import type { ErrorReport } from './error-report.js';
import { LettingGoWorker } from './letting-go-worker.js';
import {
  QUEUE_OPTIONS,
  WORKER_OPTIONS,
  type OpenWorker,
  type QueueBackend,
  type TicketProcessor,
  type TicketQueue,
} from './queue-backend.js';

const SCHEMA = 'bullmq';
/** A consumer keeps one for LISTEN. */
const CONSUMER_CONNECTIONS = 3;
const PRODUCER_CONNECTIONS = 4;

/** The same queue in tables of Postgres, for an installation without Redis. */
export class PostgresBackend implements QueueBackend {
  readonly kind = 'postgres';
  readonly #pool: pg.Pool;

  constructor(
    private readonly url: string,
    private readonly errors: ErrorReport,
  ) {
    this.#pool = this.#openPool(PRODUCER_CONNECTIONS);
  }

  /** Safe when several processes start at once: BullMQ holds an advisory lock in one transaction. */
  async migrate(): Promise<void> {
    const client = await this.#pool.connect();
    try {
      await runMigrations(client, SCHEMA);
    } finally {
      client.release();
    }
  }

  openQueue(name: string): TicketQueue {
    return new Queue(name, { ...QUEUE_OPTIONS, connection: this.#pool }, createPostgresBackend);
  }

  openWorker(name: string, processor: TicketProcessor, concurrency: number): OpenWorker {
    const connection = this.#openPool(CONSUMER_CONNECTIONS);
    const options = { ...WORKER_OPTIONS, concurrency, connection };
    const worker = new LettingGoWorker(name, processor, options, createPostgresBackend);
    const sever = (): void => {
      worker.letGo();
      connection.end().catch(this.errors.report);
    };
    return { worker, sever };
  }

  async check(): Promise<void> {
    await answered(() => this.#pool.query('SELECT 1'));
  }

  async close(deadlineMs: number): Promise<void> {
    await within(this.#pool.end().catch(this.errors.report), deadlineMs);
  }

  #openPool(connections: number): pg.Pool {
    const pool = new pg.Pool({
      connectionString: this.url,
      max: connections,
      application_name: 'pallet-queue',
      connectionTimeoutMillis: 1_500,
      query_timeout: 10_000,
      keepAlive: true,
      // BullMQ's statements name no schema.
      options: `-c search_path=${SCHEMA}`,
    });
    // Each queue adds a listener of its own.
    pool.setMaxListeners(0);
    pool.on('error', this.errors.report);
    return pool;
  }
}
