import type { Lane, Ticket } from '#pipeline';
import type { Database, Queryable } from '../database.js';
import { loseLease } from './lose-lease.js';

/**
 * Input: nothing. Output: every shard whose lease has expired was taken apart by the rule for losses;
 * their number. Any number of sweepers may run: each loss is taken by one.
 */
export async function sweepExpiredLeases(database: Database): Promise<number> {
  const expired = await database.query<{ id: string; fence: number }>(
    `SELECT id::text, fence FROM shards WHERE state = 'leased' AND lease_until < now()
     ORDER BY lease_until LIMIT 100`,
  );
  let lost = 0;
  for (const { id, fence } of expired) {
    if (await loseExpired(database, id, fence)) lost += 1;
  }
  return lost;
}

/** Raises the fence first, so that a holder that wakes between the look and the loss is refused. */
async function loseExpired(database: Database, shardId: string, fence: number): Promise<boolean> {
  const [taken] = await database.query<{ fence: number }>(
    `UPDATE shards SET fence = fence + 1
     WHERE id = $1 AND fence = $2 AND state = 'leased' AND lease_until < now() RETURNING fence`,
    [shardId, fence],
  );
  return taken !== undefined && loseLease(database, { shardId, fence: taken.fence });
}

/**
 * Input: the least age of a dispatch to look at (younger ones may still be on their way into the queue)
 * and the ids `<shard>-<generation>` that the queue holds.
 * Output: number of shards that the queue has lost (flushed, restarted empty, never reached) and that
 * are ready again.
 */
export async function reconcileDispatched(
  db: Queryable,
  model: string,
  lane: Lane,
  ageMs: number,
  held: ReadonlySet<string>,
): Promise<number> {
  const dispatched = await db.query<{ id: string; generation: number }>(
    `SELECT id::text, generation FROM shards
     WHERE state = 'dispatched' AND model = $1 AND lane = $2
       AND dispatched_at < now() - $3 * interval '1 millisecond'`,
    [model, lane, ageMs],
  );
  const gone: Ticket[] = dispatched
    .filter(({ id, generation }) => !held.has(`${id}-${generation}`))
    .map(({ id, generation }) => ({ shardId: id, generation }));
  if (gone.length === 0) return 0;
  const readied = await db.query(
    `UPDATE shards SET state = 'ready' FROM unnest($1::bigint[], $2::int[]) AS gone (id, generation)
     WHERE shards.id = gone.id AND shards.generation = gone.generation AND shards.state = 'dispatched'
     RETURNING 1`,
    [gone.map((ticket) => ticket.shardId), gone.map((ticket) => ticket.generation)],
  );
  return readied.length;
}
