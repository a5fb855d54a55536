import pg from 'pg';
import { AppError } from '#contracts';

export type Row = Record<string, unknown>;

/** Whatever can run a query: the pool, or one connection inside a transaction. */
export interface Queryable {
  query<R extends Row>(text: string, values?: readonly unknown[]): Promise<R[]>;
}

/**
 * SQLSTATEs that pass by themselves: connection trouble, shutdown, too many clients; deadlocks, which end one of two; a
 * transaction that stood still.
 */
const PASSING = /^(08|25P03|53|57P0|40001|40P01)/;
/** SQLSTATE: neither a table nor the log may grow. It passes as well, when somebody makes room. */
const DISK_FULL = '53100';
/** So long after a write found no room the database counts as full; writes come more often than that. */
const FULL_MS = 30_000;
/**
 * A transaction whose process says nothing for so long is ended by the server. A process that is frozen, or that no packet
 * reaches any more, would hold its locks for hours, and nobody could take over what it has leased. Half of the usual lease,
 * so that they are free before that expires.
 */
const STANDSTILL_MS = 10_000;
const PASSING_SYSTEM = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOENT']);

/**
 * A bounded pool on the Postgres that holds the truth. Errors of the connection come out as
 * `database.unavailable` (retryable), a disk without room as `database.full` (retryable); errors of a statement come
 * out as they are.
 */
export class Database implements Queryable {
  readonly #pool: pg.Pool;
  /** When a write last found no room, by the clock that never steps. */
  #fullAt = -Infinity;

  constructor(
    url: string,
    private readonly options: {
      connections?: number;
      applicationName?: string;
      standstillMs?: number;
    } = {},
  ) {
    this.#pool = new pg.Pool({
      connectionString: url,
      max: options.connections ?? 8,
      // Kept however long nobody asks: leases are renewed also while PostgreSQL has no connection for anybody else.
      min: 1,
      application_name: options.applicationName ?? 'pallet',
      connectionTimeoutMillis: 5_000,
      // A server that went away without a word must not hold a heartbeat forever.
      query_timeout: 60_000,
      keepAlive: true,
    });
    // An idle connection that breaks is replaced at the next use; without a listener it would end the process.
    this.#pool.on('error', () => undefined);
  }

  async query<R extends Row>(text: string, values: readonly unknown[] = []): Promise<R[]> {
    try {
      const result = await this.#pool.query<R>(text, [...values]);
      return result.rows;
    } catch (error) {
      throw this.#translated(error);
    }
  }

  /** True when a write found no room, not long ago: what is read still comes. */
  get isFull(): boolean {
    return performance.now() - this.#fullAt < FULL_MS;
  }

  /** Runs `work` in one transaction; whatever it throws rolls back and is thrown on. */
  async transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect().catch((error: unknown) => {
      throw toDatabaseError(error);
    });
    // A connection that breaks while checked out tells by an event too, besides failing its query.
    const ignore = (): void => undefined;
    client.on('error', ignore);
    let broken = false;
    try {
      // For this transaction, not at the start of the connection: poolers before PostgreSQL refuse settings there.
      await client.query(
        `BEGIN; SET LOCAL idle_in_transaction_session_timeout = ${this.options.standstillMs ?? STANDSTILL_MS}`,
      );
      const value = await work({
        query: async <R extends Row>(text: string, values: readonly unknown[] = []) =>
          (await client.query<R>(text, [...values])).rows,
      });
      await client.query('COMMIT');
      return value;
    } catch (error) {
      await client.query('ROLLBACK').catch(() => {
        broken = true;
      });
      throw this.#translated(error);
    } finally {
      client.off('error', ignore);
      client.release(broken);
    }
  }

  async check(): Promise<void> {
    await this.query('SELECT 1');
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  #translated(error: unknown): unknown {
    if (codeOf(error) === DISK_FULL) this.#fullAt = performance.now();
    return toDatabaseError(error);
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : '';

function toDatabaseError(error: unknown): unknown {
  if (error instanceof AppError || !(error instanceof Error)) return error;
  const code = codeOf(error);
  if (code === DISK_FULL) {
    return new AppError(
      'database.full',
      "PostgreSQL's disk is full, so nothing was written; try again when there is room.",
      { retryable: true, cause: error },
    );
  }
  const passing =
    PASSING.test(code) ||
    PASSING_SYSTEM.has(code) ||
    /timeout|terminated|Connection ended|not queryable/i.test(error.message);
  if (!passing) return error;
  return new AppError('database.unavailable', 'Postgres does not answer; try again shortly.', {
    retryable: true,
    cause: error,
  });
}

/** True for a violation of the unique constraint or index of that name. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    error.code === '23505' &&
    (constraint === undefined || ('constraint' in error && error.constraint === constraint))
  );
}
