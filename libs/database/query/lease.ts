import type { Task } from '#contracts';
import { parseItemRanges, type Lane, type Ticket } from '#pipeline';
import type { Queryable } from '../database.js';

export interface LeasedItem {
  readonly n: number;
  readonly name: string;
  /** Hex; the object store has it under `imageKey`. */
  readonly sha256: string;
  /** Its own, when the job asks each image those; else null. */
  readonly tasks: readonly Task[] | null;
}

export interface Lease {
  readonly shardId: string;
  /** Proof of being the newest holder; every later statement carries it. */
  readonly fence: number;
  readonly jobId: string;
  readonly tenantId: string;
  readonly lane: Lane;
  /** For every item that brings none of its own. */
  readonly tasks: readonly Task[];
  /** Number of the first of them in the job: what its items answered before is not asked again. */
  readonly firstTask: number;
  /** Whether answers that are known may be taken, and new ones kept. */
  readonly cache: boolean;
  /** Suspected of crashing its host: to be run alone, item by item. */
  readonly isolated: boolean;
  /** Leases lost before this one. */
  readonly losses: number;
  /** Those that have not reached their end yet. */
  readonly items: readonly LeasedItem[];
  readonly trace: LeaseTrace;
}

/** Where the lease belongs in a trace. */
export interface LeaseTrace {
  /** `traceparent` of the request that made the job. */
  readonly job: string | null;
  /** Of the newest upload into its set. */
  readonly upload: string | null;
  /** From the feed to the claim, by the clock of the database. */
  readonly waitedMs: number;
}

/**
 * Input: a ticket from the queue, the worker's id, the lease in milliseconds.
 * Output: the lease with the items still to be done; undefined when the ticket is stale, a duplicate, or
 * its job was cancelled or is paused: drop it.
 * Errors: those of the connection.
 */
export async function claimShard(
  db: Queryable,
  ticket: Ticket,
  workerId: string,
  leaseMs: number,
): Promise<Lease | undefined> {
  const [shard] = await db.query<ClaimedRow>(
    `WITH claimed AS (
       UPDATE shards SET state = 'leased', fence = fence + 1, worker_id = $3, running = NOT isolated,
              lease_until = now() + $4 * interval '1 millisecond', leased_at = now()
       WHERE id = $1 AND generation = $2 AND state = 'dispatched'
         AND EXISTS (SELECT 1 FROM jobs WHERE jobs.id = job_id AND jobs.state IN ('queued', 'running'))
       RETURNING *
     ), started AS (
       UPDATE jobs SET state = 'running', started_at = now()
       FROM claimed WHERE jobs.id = claimed.job_id AND jobs.state = 'queued'
     )
     SELECT c.fence, c.job_id, c.tenant_id, c.lane, c.isolated, c.losses, c.items::text,
            c.run, c.first_task, jobs.tasks, jobs.own_tasks IS NOT NULL AS own_tasks, jobs.cache, jobs.set_id,
            jobs.trace_parent, (SELECT trace_parent FROM image_sets WHERE id = jobs.set_id) AS upload_trace_parent,
            (extract(epoch FROM now() - c.dispatched_at) * 1000)::float8 AS waited_ms
     FROM claimed c JOIN jobs ON jobs.id = c.job_id`,
    [ticket.shardId, ticket.generation, workerId, leaseMs],
  );
  if (shard === undefined) return undefined;
  return {
    shardId: ticket.shardId,
    fence: shard.fence,
    jobId: shard.job_id,
    tenantId: shard.tenant_id,
    lane: shard.lane,
    tasks: shard.tasks.slice(shard.first_task),
    firstTask: shard.first_task,
    cache: shard.cache,
    isolated: shard.isolated,
    losses: shard.losses,
    items: await readPending(db, shard),
    trace: {
      job: shard.trace_parent,
      upload: shard.upload_trace_parent,
      waitedMs: shard.waited_ms ?? 0,
    },
  };
}

interface ClaimedRow extends Record<string, unknown> {
  fence: number;
  job_id: string;
  tenant_id: string;
  lane: Lane;
  isolated: boolean;
  losses: number;
  items: string;
  run: number;
  first_task: number;
  tasks: Task[];
  cache: boolean;
  own_tasks: boolean;
  set_id: string;
  trace_parent: string | null;
  upload_trace_parent: string | null;
  waited_ms: number | null;
}

function readPending(db: Queryable, shard: ClaimedRow): Promise<LeasedItem[]> {
  const ranges = parseItemRanges(shard.items);
  // Statistics are always from before the job, so the planner takes its set and its items for a row or two. Each
  // OFFSET 0 keeps it from a join that reads all of them, which a claim would do again for every shard.
  return db.query<LeasedItem & Record<string, unknown>>(
    `SELECT image.n, image.name, encode(image.sha256, 'hex') AS sha256,
            CASE WHEN $5 THEN image.tasks END AS tasks
     FROM unnest($3::int[], $4::int[]) AS range (low, high)
     CROSS JOIN LATERAL (
       SELECT n, name, sha256, tasks FROM images
       WHERE set_id = $1 AND n >= range.low AND n < range.high ORDER BY n OFFSET 0
     ) AS image
     WHERE NOT EXISTS (SELECT 1 FROM items WHERE job_id = $2 AND items.n = image.n AND items.run >= $6 OFFSET 0)
     ORDER BY image.n`,
    [
      shard.set_id,
      shard.job_id,
      ranges.map(([from]) => from),
      ranges.map(([, to]) => to),
      shard.own_tasks,
      shard.run,
    ],
  );
}

/**
 * Input: the lease of an isolated shard whose turn in the host has come. Output: from now on its loss
 * counts against it; nothing if the lease was lost.
 */
export async function startIsolated(db: Queryable, held: HeldShard): Promise<void> {
  await db.query(
    `UPDATE shards SET running = true WHERE id = $1 AND fence = $2 AND state = 'leased'`,
    [held.shardId, held.fence],
  );
}

export interface HeldShard {
  readonly shardId: string;
  readonly fence: number;
}

export interface RenewedLease extends HeldShard {
  readonly cancelling: boolean;
  /** Its job is paused: to be given back once the items in work have ended. */
  readonly pausing: boolean;
}

/**
 * Input: all leases of one worker. Output: those it still holds, for another `leaseMs`; what is missing
 * was lost: abort its work and commit nothing. The worker itself counts as seen.
 * Errors: those of the connection.
 */
export async function renewLeases(
  db: Queryable,
  workerId: string,
  held: readonly HeldShard[],
  leaseMs: number,
): Promise<RenewedLease[]> {
  return db.query<RenewedLease & Record<string, unknown>>(
    `WITH seen AS (UPDATE workers SET seen_at = now() WHERE id = $1)
     UPDATE shards SET lease_until = now() + $4 * interval '1 millisecond'
     FROM unnest($2::bigint[], $3::int[]) AS held (id, fence), jobs
     WHERE shards.id = held.id AND shards.fence = held.fence AND shards.state = 'leased'
       AND jobs.id = shards.job_id
     RETURNING shards.id::text AS "shardId", shards.fence, jobs.state = 'cancelling' AS cancelling,
       jobs.state = 'paused' AS pausing`,
    [workerId, held.map((lease) => lease.shardId), held.map((lease) => lease.fence), leaseMs],
  );
}

/**
 * Input: a lease that its holder gives back unhurt (drain, aborted work). Output: the shard is ready
 * again, its committed items stay committed; nothing if the lease was lost already.
 */
export async function releaseLease(db: Queryable, held: HeldShard): Promise<void> {
  await db.query(
    `WITH released AS (
       UPDATE shards SET state = 'ready', worker_id = NULL, lease_until = NULL
       WHERE id = $1 AND fence = $2 AND state = 'leased'
       RETURNING id, job_id, lane, remaining
     )
     INSERT INTO job_log (job_id, level, code, detail)
     SELECT job_id, 'info', 'shard.given_back', jsonb_build_object('shard', id, 'items', remaining)
     FROM released WHERE lane = 'bulk'`,
    [held.shardId, held.fence],
  );
}
