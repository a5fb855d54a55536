import { publicId } from '#contracts';
import type { FeedPlan, FeedStore, Lane, Ticket, WaitingTenant } from '#pipeline';
import { recordSpan, startClock, type Interval } from '#telemetry';
import type { Database, Queryable } from '../database.js';
import { countWorkers } from './worker.js';

/** The truth's side of the feed step. */
export function feedStore(database: Database): FeedStore {
  return {
    countWorkers: (model) => countWorkers(database, model),
    dispatch: async (model, lane, room, plan) => {
      const clock = startClock();
      const rows = await database.transaction((tx) => dispatch(tx, model, lane, room, plan));
      traceFeed(rows, clock());
      return rows.map(({ id, generation }): Ticket => ({ shardId: id, generation }));
    },
  };
}

type Plan = (tenants: readonly WaitingTenant[], clockMs: number) => FeedPlan;

/**
 * Input: a transaction; how many shards may be dispatched at most; the rule that chooses.
 * Output: the shards that are now `dispatched`, in the order chosen; the clocks are kept.
 * Errors: those of the connection. Concurrent feeds of one model and lane wait for each other.
 */
async function dispatch(
  tx: Queryable,
  model: string,
  lane: Lane,
  room: number,
  plan: Plan,
): Promise<DispatchedRow[]> {
  // An idle feed takes no lock and writes nothing.
  if (!(await isWaiting(tx, model, lane))) return [];
  const clockMs = await lockFeed(tx, model, lane);
  const waiting = await readWaiting(tx, model, lane, room);
  const chosen = plan(waiting, clockMs);
  if (chosen.shards.length === 0) return [];
  await keepClocks(tx, model, lane, chosen);
  return markDispatched(tx, chosen.shards);
}

async function isWaiting(tx: Queryable, model: string, lane: Lane): Promise<boolean> {
  const rows = await tx.query(
    `SELECT 1 FROM shards WHERE state = 'ready' AND model = $1 AND lane = $2 LIMIT 1`,
    [model, lane],
  );
  return rows.length > 0;
}

async function lockFeed(tx: Queryable, model: string, lane: Lane): Promise<number> {
  const [feed] = await tx.query<{ clock_ms: number }>(
    `INSERT INTO feeds (model, lane) VALUES ($1, $2)
     ON CONFLICT (model, lane) DO UPDATE SET clock_ms = feeds.clock_ms
     RETURNING clock_ms`,
    [model, lane],
  );
  return feed?.clock_ms ?? 0;
}

interface WaitingRow extends Record<string, unknown> {
  tenant_id: string;
  weight: number;
  served_ms: number | null;
  shard_id: string;
  cost_ms: number;
}

/** Every tenant that has ready shards, found by skipping through the index, with its first `room` of them. */
async function readWaiting(
  tx: Queryable,
  model: string,
  lane: Lane,
  room: number,
): Promise<WaitingTenant[]> {
  const rows = await tx.query<WaitingRow>(
    `WITH RECURSIVE waiting AS (
       (SELECT tenant_id FROM shards WHERE state = 'ready' AND model = $1 AND lane = $2
        ORDER BY tenant_id LIMIT 1)
       UNION ALL
       SELECT (SELECT s.tenant_id FROM shards s
               WHERE s.state = 'ready' AND s.model = $1 AND s.lane = $2 AND s.tenant_id > w.tenant_id
               ORDER BY s.tenant_id LIMIT 1)
       FROM waiting w WHERE w.tenant_id IS NOT NULL
     )
     SELECT t.id AS tenant_id, t.weight, shares.served_ms, ready.id::text AS shard_id,
            ready.remaining * ready.item_cost_ms AS cost_ms
     FROM waiting
     JOIN tenants t ON t.id = waiting.tenant_id
     LEFT JOIN shares ON shares.model = $1 AND shares.lane = $2 AND shares.tenant_id = t.id
     CROSS JOIN LATERAL (
       SELECT id, remaining, item_cost_ms FROM shards
       WHERE state = 'ready' AND model = $1 AND lane = $2 AND tenant_id = t.id
       ORDER BY priority DESC, id LIMIT $3
     ) AS ready`,
    [model, lane, room],
  );
  const tenants = new Map<
    string,
    WaitingTenant & { ready: { shardId: string; costMs: number }[] }
  >();
  for (const row of rows) {
    const tenant = tenants.get(row.tenant_id) ?? {
      tenantId: row.tenant_id,
      weight: row.weight,
      servedMs: row.served_ms,
      ready: [],
    };
    tenant.ready.push({ shardId: row.shard_id, costMs: row.cost_ms });
    tenants.set(row.tenant_id, tenant);
  }
  return [...tenants.values()];
}

async function keepClocks(tx: Queryable, model: string, lane: Lane, plan: FeedPlan): Promise<void> {
  await tx.query(
    `INSERT INTO shares (model, lane, tenant_id, served_ms)
     SELECT $1, $2, * FROM unnest($3::uuid[], $4::float8[])
     ON CONFLICT (model, lane, tenant_id) DO UPDATE SET served_ms = excluded.served_ms`,
    [model, lane, [...plan.servedMs.keys()], [...plan.servedMs.values()]],
  );
  await tx.query('UPDATE feeds SET clock_ms = $3 WHERE model = $1 AND lane = $2', [
    model,
    lane,
    plan.clockMs,
  ]);
}

interface DispatchedRow extends Record<string, unknown> {
  id: string;
  generation: number;
  job_id: string;
  trace_parent: string | null;
}

async function markDispatched(
  tx: Queryable,
  shardIds: readonly string[],
): Promise<DispatchedRow[]> {
  const rows = await tx.query<DispatchedRow>(
    `UPDATE shards SET state = 'dispatched', generation = generation + 1, dispatched_at = now()
     WHERE id = ANY($1::bigint[]) AND state = 'ready'
     RETURNING id::text, generation, job_id,
               (SELECT trace_parent FROM jobs WHERE jobs.id = shards.job_id) AS trace_parent`,
    [shardIds],
  );
  const dispatched = new Map(rows.map((row) => [row.id, row]));
  return shardIds.flatMap((shardId) => dispatched.get(shardId) ?? []);
}

/** A step serves many jobs: each of them that is traced gets a span of it, however many shards it got. */
function traceFeed(rows: readonly DispatchedRow[], took: Interval): void {
  const shards = new Map<string, number>();
  for (const { job_id: id } of rows) shards.set(id, (shards.get(id) ?? 0) + 1);
  for (const { job_id: id, trace_parent: parent } of rows) {
    const count = shards.get(id);
    if (parent === null || count === undefined) continue;
    shards.delete(id);
    const attributes = { 'pallet.job': publicId('job', id), 'pallet.shards': count };
    recordSpan('feed', { parent, ...took, attributes });
  }
}
