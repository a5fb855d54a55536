import { newUuid, NO_JOB_QUOTA } from '#contracts';
import {
  claimShard,
  commitItems,
  createWebhook,
  feedStore,
  planJob,
  registerWorker,
  type Database,
  type HeldShard,
  type NewWebhook,
  type Queryable,
} from './index.js';

export const MODEL = 'tiny';

export async function addTenant(database: Database): Promise<string> {
  const id = newUuid();
  await database.query('INSERT INTO tenants (id, name) VALUES ($1, $2)', [id, id]);
  return id;
}

export async function addWebhook(
  database: Database,
  tenantId: string,
  more: Partial<NewWebhook> = {},
): Promise<string> {
  const id = newUuid();
  await database.transaction((tx) =>
    createWebhook(tx, {
      id,
      tenantId,
      url: 'https://example.com/hook',
      description: null,
      events: ['job.finished'],
      payload: 'thin',
      scope: 'all',
      secret: `secret of ${id}`,
      ...more,
    }),
  );
  return id;
}

/** A job over a sealed set of `count` images. */
export async function addJob(
  database: Database,
  tenantId: string,
  count = 1,
  options: {
    lane?: 'bulk' | 'interactive';
    id?: string;
    /** In the job's transaction, ahead of it. */
    before?: (tx: Queryable) => Promise<unknown>;
  } = {},
): Promise<string> {
  const { lane = 'bulk', id = newUuid() } = options;
  const model = { name: MODEL, family: 'paligemma', imageSize: 56, note: null };
  await registerWorker(database, { id: newUuid(), host: 'here', pid: 1, model });
  const setId = newUuid();
  await database.query(
    `INSERT INTO image_sets (id, tenant_id, state, accepted) VALUES ($1, $2, 'sealed', $3)`,
    [setId, tenantId, count],
  );
  const job = { id, tenantId, setId, name: null, model: MODEL, tasks: [{ type: 'ocr' as const }] };
  const rest = { priority: 0, lane, metadata: { a: 'b' }, itemCount: count };
  await database.transaction(async (tx) => {
    await options.before?.(tx);
    await planJob(tx, { ...job, ...rest, quota: NO_JOB_QUOTA });
  });
  return id;
}

/** Takes a lease on the only shard of a job, by its way through the queue. */
export async function leaseJob(
  database: Database,
  jobId: string,
  lane: 'bulk' | 'interactive' = 'bulk',
): Promise<HeldShard> {
  const [shard] = await database.query<{ id: string }>(
    'SELECT id::text FROM shards WHERE job_id = $1',
    [jobId],
  );
  const tickets = await feedStore(database).dispatch(MODEL, lane, 1, () => ({
    shards: [shard!.id],
    servedMs: new Map(),
    clockMs: 0,
  }));
  const lease = await claimShard(database, tickets[0]!, newUuid(), 60_000);
  return lease!;
}

export async function finishJob(database: Database, jobId: string, failed = 0): Promise<void> {
  const held = await leaseJob(database, jobId);
  const [job] = await database.query<{ item_count: number }>(
    'SELECT item_count FROM jobs WHERE id = $1',
    [jobId],
  );
  const items = Array.from({ length: job!.item_count }, (_, n) => ({
    n,
    state: n < failed ? ('failed' as const) : ('succeeded' as const),
    attempts: 1,
  }));
  await commitItems(database, held, newUuid(), items);
}

/** Every event of a tenant, in the order of their ids. */
export function eventsOf(database: Database, tenantId: string) {
  return database.query<{ id: string; type: string; data: Record<string, unknown> }>(
    'SELECT id, type, data FROM webhook_events WHERE tenant_id = $1 ORDER BY created_at, id',
    [tenantId],
  );
}
