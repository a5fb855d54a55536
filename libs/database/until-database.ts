import { setTimeout as pause } from 'node:timers/promises';
import { AppError } from '#contracts';
import type { Database } from './database.js';
import { isMigrated } from './migrate.js';

const LOOK_EVERY_MS = 500;
/** Longer than a server takes to start, or a managed one to fail over. */
const WAIT_MS = 120_000;

export interface WaitOptions {
  /** For those that do not migrate: also for the schema of this version, which an api or dispatcher brings. */
  readonly schema?: boolean;
  /** Told once, with the first failure. */
  readonly onWait: (error: AppError) => void;
  readonly waitMs?: number;
}

/**
 * Waits for a PostgreSQL that does not answer yet, so that processes may be started in any order and one that comes
 * too early does not end and start again.
 * Errors: `database.unavailable` and `database.not_migrated` after two minutes; at once what is no matter of waiting,
 * such as a wrong password.
 */
export async function untilDatabase(
  database: Database,
  { schema = false, onWait, waitMs = WAIT_MS }: WaitOptions,
): Promise<void> {
  const end = performance.now() + waitMs;
  for (let isTold = false; ; isTold = true) {
    try {
      await database.check();
      if (schema && !(await isMigrated(database))) throw notMigrated();
      return;
    } catch (error) {
      const isPassing = error instanceof AppError && error.retryable;
      if (!isPassing || performance.now() > end) throw error;
      if (!isTold) onWait(error);
    }
    await pause(LOOK_EVERY_MS);
  }
}

const notMigrated = (): AppError =>
  new AppError(
    'database.not_migrated',
    'The database is not of this version yet. Start an api or a dispatcher of this version, or run the migrations.',
    { retryable: true },
  );
