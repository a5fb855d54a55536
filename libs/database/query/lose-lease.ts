import {
  countItems,
  formatItemRanges,
  parseItemRanges,
  planAfterLoss,
  withoutItems,
  type ItemRanges,
  type ShardRemainder,
} from '#pipeline';
import type { Database, Queryable } from '../database.js';
import { commitItems } from './commit-items.js';
import { logShard } from './job-log.js';

/** A crash, as its witness tells it. */
export interface Loss {
  readonly shardId: string;
  readonly fence: number;
  /** Items inside the engine host when it died; undefined when nobody lived to tell. */
  readonly suspects?: readonly number[];
}

/**
 * Input: a lease that ended by a crash. Output: the shard is taken apart by the rule of
 * `planAfterLoss`; true when this call did it, false when the lease was no longer that one.
 * Errors: those of the connection; the same call again is safe.
 */
export function loseLease(database: Database, loss: Loss): Promise<boolean> {
  return database.transaction(async (tx) => {
    const [shard] = await tx.query<LostRow>(
      `SELECT job_id, worker_id, items::text, losses, isolated, running, run FROM shards
       WHERE id = $1 AND fence = $2 AND state = 'leased' FOR UPDATE`,
      [loss.shardId, loss.fence],
    );
    if (shard === undefined) return false;
    const plan = planAfterLoss({
      pending: await readPendingRanges(tx, shard),
      losses: shard.losses,
      isolated: shard.isolated,
      // What was still waiting for its host is blamed for nothing.
      suspects: shard.running ? loss.suspects : [],
    });
    await logShard(tx, loss.shardId, {
      level: 'warning',
      code: 'shard.lost',
      detail: { worker: shard.worker_id, suspects: loss.suspects?.length ?? null },
    });
    if (plan.quarantined !== undefined) {
      await logShard(tx, loss.shardId, {
        level: 'warning',
        code: 'item.set_aside',
        detail: { n: plan.quarantined },
      });
      await quarantine(tx, loss, shard, plan.quarantined);
    }
    await replaceShard(tx, loss.shardId, plan.shards);
    return true;
  });
}

interface LostRow extends Record<string, unknown> {
  job_id: string;
  worker_id: string;
  items: string;
  losses: number;
  isolated: boolean;
  running: boolean;
  run: number;
}

async function readPendingRanges(tx: Queryable, shard: LostRow): Promise<ItemRanges> {
  const ranges = parseItemRanges(shard.items);
  const ended = await tx.query<{ n: number }>(
    // OFFSET 0: a join would read all items of the job.
    `SELECT item.n FROM unnest($2::int[], $3::int[]) AS range (low, high)
     CROSS JOIN LATERAL (
       SELECT n FROM items
       WHERE job_id = $1 AND n >= range.low AND n < range.high AND run >= $4 OFFSET 0
     ) AS item`,
    [shard.job_id, ranges.map(([from]) => from), ranges.map(([, to]) => to), shard.run],
  );
  return withoutItems(
    ranges,
    ended.map((row) => row.n),
  );
}

/** The item ends as failed; its bytes stay in the object store for whoever wants to look. */
async function quarantine(tx: Queryable, loss: Loss, shard: LostRow, n: number): Promise<void> {
  await commitItems(tx, loss, shard.worker_id, [
    {
      n,
      state: 'failed',
      attempts: shard.losses + 1,
      error: {
        code: 'engine.crashed',
        detail:
          'The engine died each time it read this image, so the image was set aside. Retry it with another model or re-encode it.',
      },
    },
  ]);
}

/** The first remainder takes over the row; the others become shards of their own, ready to be fed. */
async function replaceShard(
  tx: Queryable,
  shardId: string,
  remainders: readonly ShardRemainder[],
): Promise<void> {
  const [first, ...others] = remainders;
  if (first === undefined) return;
  await tx.query(
    `UPDATE shards SET state = 'ready', items = $2::int4multirange, remaining = $3, losses = $4,
            isolated = $5, worker_id = NULL, lease_until = NULL
     WHERE id = $1`,
    [shardId, formatItemRanges(first.items), countItems(first.items), first.losses, first.isolated],
  );
  for (const other of others) {
    await tx.query(
      `INSERT INTO shards (job_id, tenant_id, model, lane, priority, item_cost_ms, run, first_task, items, remaining, losses, isolated)
       SELECT job_id, tenant_id, model, lane, priority, item_cost_ms, run, first_task, $2::int4multirange, $3, $4, $5
       FROM shards WHERE id = $1`,
      [
        shardId,
        formatItemRanges(other.items),
        countItems(other.items),
        other.losses,
        other.isolated,
      ],
    );
  }
}
