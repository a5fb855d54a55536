import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newUuid } from '#contracts';
import { eachItem, feedStep, parseItemRanges, type Ticket } from '#pipeline';
import { usePostgres } from '#testing';
import {
  cancelLeasedShard,
  cancelWaitingShards,
  claimShard,
  commitItems,
  Database,
  feedStore,
  listUnsettled,
  loseLease,
  migrate,
  planJob,
  reconcileDispatched,
  registerWorker,
  releaseLease,
  renewLeases,
  settleShards,
  moveJob,
  sweepExpiredLeases,
  type Lease,
} from './index.js';

const MODEL = 'tiny';
const postgres = usePostgres();
let database: Database;

beforeAll(async () => {
  database = new Database(await postgres.createDatabase());
  await migrate(database);
  const model = { name: MODEL, family: 'paligemma', imageSize: 56, note: null };
  await registerWorker(database, { id: newUuid(), host: 'here', pid: 1, model });
});

afterAll(async () => {
  await database?.close();
});

/** A tenant with a sealed set of `count` images and a job on it. */
async function makeJob(count: number) {
  const [tenantId, setId, jobId] = [newUuid(), newUuid(), newUuid()];
  await database.query('INSERT INTO tenants (id, name) VALUES ($1, $2)', [tenantId, tenantId]);
  await database.query(
    `INSERT INTO image_sets (id, tenant_id, state, accepted) VALUES ($1, $2, 'sealed', $3)`,
    [setId, tenantId, count],
  );
  await database.query(
    `INSERT INTO images (set_id, n, name, sha256)
     SELECT $1, n, 'image-' || n, sha256(n::text::bytea) FROM generate_series(0, $2::int - 1) AS n`,
    [setId, count],
  );
  await database.transaction((tx) =>
    planJob(tx, {
      id: jobId,
      tenantId,
      setId,
      name: null,
      model: MODEL,
      tasks: [{ type: 'ocr' }],
      priority: 0,
      lane: 'bulk',
      metadata: {},
      itemCount: count,
    }),
  );
  return { tenantId, jobId, count };
}

/** A queue as bad as Redis on its worst day: it loses, doubles and reorders. */
class WildQueue {
  readonly delivered: Ticket[] = [];
  depth = async (): Promise<number> => 0;
  add = async (tickets: readonly Ticket[]): Promise<void> => {
    this.delivered.push(...tickets);
  };
}

async function jobRow(jobId: string) {
  const [row] = await database.query<{
    state: string;
    item_count: number;
    succeeded: number;
    failed: number;
    cancelled: number;
  }>('SELECT state, item_count, succeeded, failed, cancelled FROM jobs WHERE id = $1', [jobId]);
  return row!;
}

async function itemRows(jobId: string) {
  return database.query<{
    n: number;
    state: string;
    worker_id: string | null;
    width: number | null;
  }>('SELECT n, state, worker_id, width FROM items WHERE job_id = $1 ORDER BY n', [jobId]);
}

async function expectConsistent(jobId: string): Promise<void> {
  const job = await jobRow(jobId);
  const rows = await itemRows(jobId);
  for (const state of ['succeeded', 'failed', 'cancelled'] as const) {
    expect(rows.filter((row) => row.state === state)).toHaveLength(job[state]);
  }
  const ended = new Set(rows.map((row) => row.n));
  const shards = await database.query<{ items: string; remaining: number; state: string }>(
    'SELECT items::text, remaining, state FROM shards WHERE job_id = $1',
    [jobId],
  );
  const open: number[] = [];
  for (const shard of shards.filter(({ state }) => state !== 'done' && state !== 'cancelled')) {
    const pending = [...eachItem(parseItemRanges(shard.items))].filter((n) => !ended.has(n));
    expect(pending).toHaveLength(shard.remaining);
    open.push(...pending);
  }
  // Every image has its row or is in exactly one open shard, never both, never neither.
  expect(new Set(open).size).toBe(open.length);
  expect(open.length + ended.size).toBe(job.item_count);
  const isOver = job.state === 'completed' || job.state === 'cancelled';
  expect(isOver).toBe(ended.size === job.item_count);
}

type Step =
  | { readonly kind: 'feed' | 'expire' | 'flush' | 'cancel' | 'cancel-waiting' }
  | { readonly kind: 'pause' | 'resume' | 'settle' }
  | {
      readonly kind: 'claim' | 'release' | 'lose' | 'cancel-leased' | 'renew';
      readonly pick: number;
    }
  | {
      readonly kind: 'commit';
      readonly pick: number;
      readonly share: number;
      readonly failing: boolean;
    };

type LeaseStep = Exclude<Extract<Step, { pick: number }>, { kind: 'claim' }>;

const pick = fc.nat(1_000);
const stepArbitrary: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ kind: 'feed' as const }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('claim' as const), pick }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('commit' as const),
      pick,
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      failing: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'release' as const,
        'lose' as const,
        'renew' as const,
        'cancel-leased' as const,
      ),
      pick,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom({ kind: 'expire' as const }, { kind: 'flush' as const }),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom({ kind: 'cancel' as const }, { kind: 'cancel-waiting' as const }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constantFrom('pause', 'resume', 'settle') }),
  },
);

class World {
  readonly queue = new WildQueue();
  readonly leases: Lease[] = [];
  /** First committed value of each item: nothing may ever overwrite it. */
  readonly firstWidth = new Map<number, number>();
  #width = 1;

  constructor(readonly job: { tenantId: string; jobId: string; count: number }) {}

  async run(step: Step): Promise<void> {
    const { jobId, tenantId } = this.job;
    if (step.kind === 'feed') await feedStep(feedStore(database), this.queue, MODEL, 'bulk');
    else if (step.kind === 'expire') await this.expire();
    else if (step.kind === 'flush')
      await reconcileDispatched(database, MODEL, 'bulk', 0, new Set());
    else if (step.kind === 'cancel') await moveJob(database, tenantId, jobId, 'cancel');
    else if (step.kind === 'pause' || step.kind === 'resume') await this.move(step.kind);
    else if (step.kind === 'settle') await this.settle();
    else if (step.kind === 'cancel-waiting') await cancelWaitingShards(database, jobId);
    else if (step.kind === 'claim') await this.claim(step.pick);
    else if ('pick' in step) await this.withLease(step);
  }

  async claim(index: number): Promise<void> {
    const { delivered } = this.queue;
    const ticket = delivered[index % Math.max(1, delivered.length)];
    if (ticket === undefined) return;
    const { state } = await jobRow(this.job.jobId);
    const lease = await claimShard(database, ticket, newUuid(), 60_000);
    if (lease === undefined) return;
    expect(['queued', 'running']).toContain(state);
    this.leases.push(lease);
  }

  /** A job that has ended or is being cancelled says so, and nothing else happens to it. */
  async move(move: 'pause' | 'resume'): Promise<void> {
    const before = await jobRow(this.job.jobId);
    const moved = moveJob(database, this.job.tenantId, this.job.jobId, move);
    if (['queued', 'running', 'paused'].includes(before.state)) await moved;
    else await expect(moved).rejects.toThrow(/has ended|being cancelled/);
  }

  /** Afterwards the feed has nothing of a paused job, and all of one that goes on. */
  async settle(): Promise<void> {
    for (const job of await listUnsettled(database)) await settleShards(database, job);
    const { state } = await jobRow(this.job.jobId);
    const shards = await database.query<{ state: string }>(
      'SELECT DISTINCT state FROM shards WHERE job_id = $1',
      [this.job.jobId],
    );
    const states = shards.map((shard) => shard.state);
    if (state === 'paused') expect(states).not.toContain('ready');
    if (state === 'queued' || state === 'running') expect(states).not.toContain('held');
  }

  async withLease(step: LeaseStep): Promise<void> {
    const lease = this.leases[step.pick % Math.max(1, this.leases.length)];
    if (lease === undefined) return;
    if (step.kind === 'release') await releaseLease(database, lease);
    else if (step.kind === 'renew') await renewLeases(database, newUuid(), [lease], 60_000);
    else if (step.kind === 'cancel-leased') await cancelLeasedShard(database, lease);
    else if (step.kind === 'commit') await this.commit(lease, step.share, step.failing);
    else {
      const suspects = lease.items.slice(0, step.pick % 4).map((item) => item.n);
      await loseLease(database, { ...lease, suspects });
    }
  }

  async commit(lease: Lease, share: number, failing: boolean): Promise<void> {
    const width = this.#width++;
    const some = lease.items.slice(0, Math.ceil(lease.items.length * share));
    await commitItems(
      database,
      lease,
      newUuid(),
      some.map(({ n }) => ({ n, state: failing ? 'failed' : 'succeeded', attempts: 1, width })),
    );
  }

  async expire(): Promise<void> {
    await database.query(
      `UPDATE shards SET lease_until = now() - interval '1 second' WHERE job_id = $1 AND state = 'leased'`,
      [this.job.jobId],
    );
    await sweepExpiredLeases(database);
  }

  async expectNothingOverwritten(): Promise<void> {
    for (const { n, width } of await itemRows(this.job.jobId)) {
      if (width === null) continue;
      expect(width).toBe(this.firstWidth.get(n) ?? width);
      this.firstWidth.set(n, width);
    }
  }

  /** An honest system takes over: everything must end. */
  async finish(): Promise<void> {
    for (let round = 0; round < 200; round += 1) {
      const { state } = await jobRow(this.job.jobId);
      if (state === 'completed' || state === 'cancelled') return;
      await this.expire();
      if (state === 'paused') await this.move('resume');
      await this.settle();
      await reconcileDispatched(database, MODEL, 'bulk', 0, new Set());
      await cancelWaitingShards(database, this.job.jobId);
      this.queue.delivered.length = 0;
      await feedStep(feedStore(database), this.queue, MODEL, 'bulk');
      for (const ticket of this.queue.delivered) {
        const lease = await claimShard(database, ticket, newUuid(), 60_000);
        if (lease !== undefined) await this.commit(lease, 1, false);
      }
    }
    throw new Error('the job does not end');
  }
}

describe('a job in the truth', () => {
  it('stays whole under any order of feeds, deliveries, losses, commits, pauses and cancels', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 900 }),
        fc.array(stepArbitrary, { minLength: 5, maxLength: 40 }),
        async (count, steps) => {
          const world = new World(await makeJob(count));
          for (const step of steps) {
            await world.run(step);
            await expectConsistent(world.job.jobId);
            await world.expectNothingOverwritten();
          }
          await world.finish();
          await expectConsistent(world.job.jobId);
          await world.expectNothingOverwritten();
          await database.query(`DELETE FROM shards WHERE job_id = $1`, [world.job.jobId]);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('keeps its counters equal to its rows when many workers commit at once', async () => {
    const world = new World(await makeJob(3_000));
    await feedStep(
      feedStore(database),
      { depth: async () => -40, add: world.queue.add },
      MODEL,
      'bulk',
    );
    const leases = await Promise.all(
      world.queue.delivered.map((ticket) => claimShard(database, ticket, newUuid(), 60_000)),
    );
    const batches = leases.flatMap((lease) =>
      lease === undefined ? [] : [0, 1, 2].map((third) => ({ lease, third })),
    );
    await Promise.all(
      batches.map(({ lease, third }) =>
        commitItems(
          database,
          lease,
          newUuid(),
          lease.items
            .filter(({ n }) => n % 3 === third)
            .map(({ n }) => ({ n, state: n % 2 === 0 ? 'succeeded' : 'failed', attempts: 1 })),
        ),
      ),
    );
    await expectConsistent(world.job.jobId);
    expect(await jobRow(world.job.jobId)).toMatchObject({
      state: 'completed',
      succeeded: 1_500,
      failed: 1_500,
    });
  });

  it('refuses the commit of a holder whose lease went to another', async () => {
    const world = new World(await makeJob(10));
    await world.run({ kind: 'feed' });
    await world.claim(0);
    const [first] = world.leases;
    await world.expire();
    await world.run({ kind: 'feed' });
    const late = await commitItems(database, first!, newUuid(), [
      { n: 0, state: 'failed', attempts: 1 },
    ]);
    expect(late).toBeUndefined();
    expect(await itemRows(world.job.jobId)).toEqual([]);
    await world.finish();
  });

  it('takes any text a model writes', async () => {
    const world = new World(await makeJob(1));
    await world.run({ kind: 'feed' });
    await world.claim(0);
    const detail = 'NUL \0, half a pair \uD800, quote " and \\u0000';
    const ended = { n: 0, state: 'failed' as const, attempts: 1, error: { code: 'x', detail } };
    await commitItems(database, world.leases[0]!, newUuid(), [ended]);
    const [row] = await database.query('SELECT error_detail FROM items WHERE job_id = $1', [
      world.job.jobId,
    ]);
    expect(row).toEqual({ error_detail: 'NUL \uFFFD, half a pair \uFFFD, quote " and \\u0000' });
  });

  it('feeds a small tenant beside a large one at once', async () => {
    const large = await makeJob(20_000);
    const queue = new WildQueue();
    await feedStep(feedStore(database), queue, MODEL, 'bulk');
    const small = await makeJob(10);
    const before = queue.delivered.length;
    await feedStep(feedStore(database), queue, MODEL, 'bulk');
    const fed = queue.delivered.slice(before).map((ticket) => ticket.shardId);
    const owners = await database.query<{ job_id: string }>(
      'SELECT job_id FROM shards WHERE id = ANY($1::bigint[])',
      [fed],
    );
    expect(owners.map((row) => row.job_id)).toContain(small.jobId);
    expect(owners.map((row) => row.job_id)).toContain(large.jobId);
  });
});
