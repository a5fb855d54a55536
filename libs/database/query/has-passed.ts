import type { Queryable } from '../database.js';

/** Whether a moment that a client names is over, by the clock that will end what hangs on it; ours may be another. */
export async function hasPassed(db: Queryable, at: Date): Promise<boolean> {
  const [row] = await db.query<{ is: boolean }>('SELECT $1::timestamptz <= now() AS is', [at]);
  return row!.is;
}
