import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Database } from './database.js';

/** Key of the advisory lock, so that processes that start together migrate one after another. */
const MIGRATION_LOCK = 7_253_110;

/**
 * Brings the schema up to date: every numbered file of `migrations/` that has not run yet, in order,
 * all in one transaction. Safe to call from every process at its start.
 */
export async function migrate(
  database: Database,
  directory = migrationsDirectory(),
): Promise<void> {
  const files = await migrationsOf(directory);
  await database.transaction(async (tx) => {
    await tx.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    await tx.query(
      'CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY, ran_at timestamptz NOT NULL DEFAULT now())',
    );
    const ran = new Set(
      (await tx.query<{ name: string }>('SELECT name FROM migrations')).map((row) => row.name),
    );
    for (const file of files.filter((name) => !ran.has(name))) {
      await tx.query(await readFile(join(directory, file), 'utf8'));
      await tx.query('INSERT INTO migrations (name) VALUES ($1)', [file]);
    }
  });
}

/** Output: whether every migration of this version has run. */
export async function isMigrated(
  database: Database,
  directory = migrationsDirectory(),
): Promise<boolean> {
  const [table] = await database.query<{ there: boolean }>(
    `SELECT to_regclass('migrations') IS NOT NULL AS there`,
  );
  if (!table!.there) return false;
  const rows = await database.query<{ name: string }>('SELECT name FROM migrations');
  const ran = new Set(rows.map(({ name }) => name));
  return (await migrationsOf(directory)).every((file) => ran.has(file));
}

const migrationsOf = async (directory: string): Promise<string[]> =>
  (await readdir(directory)).filter((file) => file.endsWith('.sql')).toSorted();

/** The SQL lies in `libs/database/migrations` of the package, beside `dist/` or above this source. */
function migrationsDirectory(): string {
  const here = import.meta.dirname;
  return here.includes(`${'/dist/'}libs/database`)
    ? join(here, '../../../libs/database/migrations')
    : join(here, 'migrations');
}
