import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppError, newUuid, type JobQuota } from '#contracts';
import { eachItem, parseItemRanges } from '#pipeline';
import { usePostgres } from '#testing';
import {
  claimBatch,
  commitItems,
  createBatch,
  Database,
  endValidation,
  findBatch,
  migrate,
  moveJob,
  planJob,
  retryItems,
} from './index.js';

const postgres = usePostgres();
const QUOTA: JobQuota = { openJobs: 4, queuedItems: 20 };
const MODEL = 'tiny';
const FILE = `INSERT INTO files (id, tenant_id, name, bytes, sha256, purpose) VALUES ($1, $2, 'a', 1, sha256('a'), 'batch')`;
let database: Database;

beforeAll(async () => {
  database = new Database(await postgres.createDatabase(), { connections: 12 });
  await migrate(database);
});
afterAll(async () => {
  await database?.close();
});

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('create' as const),
      n: fc.integer({ min: 1, max: 12 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('end' as const), n: fc.nat(99) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('retry' as const), n: fc.nat(99) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('pause' as const), n: fc.nat(99) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** A tenant with a set, and what its clients and a worker do to its jobs. */
class Tenant {
  readonly id = newUuid();
  readonly #setId = newUuid();
  readonly #jobs: string[] = [];

  async make(): Promise<this> {
    await database.query('INSERT INTO tenants (id, name) VALUES ($1, $1::uuid::text)', [this.id]);
    await database.query(
      `INSERT INTO image_sets (id, tenant_id, state, accepted) VALUES ($1, $2, 'sealed', 100)`,
      [this.#setId, this.id],
    );
    return this;
  }

  async create(itemCount: number, quota = QUOTA): Promise<string> {
    const id = newUuid();
    const order = { id, tenantId: this.id, setId: this.#setId, name: null, model: MODEL };
    const rest = { tasks: [{ type: 'ocr' as const }], priority: 0, lane: 'bulk' as const };
    const job = { ...order, ...rest, metadata: {}, itemCount, quota };
    await database.transaction((tx) => planJob(tx, job));
    this.#jobs.push(id);
    return id;
  }

  /** A batch of one request that has been read, held by a dispatcher. */
  async validatedBatch(): Promise<{ id: string; end: () => Promise<void> }> {
    const [id, file, setId] = [newUuid(), newUuid(), newUuid()];
    await database.query(FILE, [file, this.id]);
    await database.query('INSERT INTO image_sets (id, tenant_id, accepted) VALUES ($1, $2, 1)', [
      setId,
      this.id,
    ]);
    await database.query(
      `INSERT INTO images (set_id, n, name, sha256, tasks) VALUES ($1, 0, 'a', sha256('a'), $2)`,
      [setId, JSON.stringify([{ type: 'ocr' }])],
    );
    const order = { endpoint: '/v1/chat/completions' as const, completionWindow: '24h' };
    const batch = { ...order, id, tenantId: this.id, inputFile: file, setId, metadata: {} };
    await createBatch(database, { ...batch, windowHours: 24 });
    await database.query('UPDATE batches SET model = $2, requests = 1 WHERE id = $1', [id, MODEL]);
    const held = (await claimBatch(database, 60_000))!;
    const end = () =>
      database.transaction((tx) => endValidation(tx, held, newUuid(), (name) => name, QUOTA));
    return { id, end };
  }

  retry(jobId: string, quota = QUOTA): Promise<number | undefined> {
    const choice = { states: ['failed', 'cancelled'] as const };
    return database.transaction((tx) => retryItems(tx, this.id, jobId, choice, quota));
  }

  /** As a worker would for which every picture is broken. `most`: no more items than that. */
  async end(jobId: string, most = Number.POSITIVE_INFINITY): Promise<void> {
    const shards = await database.query<{ id: string; fence: number; items: string }>(
      `UPDATE shards SET state = 'leased', fence = fence + 1, generation = generation + 1
       WHERE job_id = $1 AND state IN ('ready', 'leased') RETURNING id::text, fence, items::text`,
      [jobId],
    );
    for (const { id, fence, items } of shards) {
      const ended = [...eachItem(parseItemRanges(items))].slice(0, most).map((n) => {
        const error = { code: 'image.undecodable', detail: 'It failed.' };
        return { n, state: 'failed' as const, attempts: 1, error };
      });
      await commitItems(database, { shardId: id, fence }, newUuid(), ended);
    }
  }

  /** Refusals are what they may be; anything else is thrown. */
  async run({ kind, n }: Step): Promise<void> {
    const job = this.#jobs[n % Math.max(1, this.#jobs.length)];
    try {
      if (kind === 'create') await this.create(n);
      else if (job === undefined) return;
      else if (kind === 'end') await this.end(job);
      else if (kind === 'retry') await this.retry(job);
      else await moveJob(database, this.id, job, 'pause');
    } catch (error) {
      if (!(error instanceof AppError && /^(quota|job)\./.test(error.code))) throw error;
    }
    await this.expectWithinQuota();
  }

  /** Of what is committed: whoever looks at any moment sees no more. */
  async expectWithinQuota(): Promise<void> {
    const { jobs, items } = await this.open();
    expect(jobs).toBeLessThanOrEqual(QUOTA.openJobs);
    expect(items).toBeLessThanOrEqual(QUOTA.queuedItems);
  }

  async open(): Promise<{ jobs: number; items: number }> {
    const [row] = await database.query<{ jobs: number; items: number }>(
      `SELECT count(*)::int AS jobs, coalesce(sum(item_count - succeeded - failed - cancelled), 0)::int AS items
       FROM jobs WHERE tenant_id = $1 AND state NOT IN ('completed', 'cancelled')`,
      [this.id],
    );
    return row!;
  }

  async endAll(): Promise<void> {
    for (const job of this.#jobs) await this.end(job);
  }
}

const refusal = (code: string) => expect.objectContaining({ code });

describe('the quota of open jobs', () => {
  it('is passed by no order of creates, ends, pauses and retries at the same time, and all of it comes back', async () => {
    const lanes = fc.array(fc.array(step, { minLength: 2, maxLength: 6 }), {
      minLength: 2,
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(lanes, async (all) => {
        const tenant = await new Tenant().make();
        const runs = all.map(async (steps) => {
          for (const one of steps) await tenant.run(one);
        });
        await Promise.all(runs);
        await tenant.endAll();
        expect(await tenant.open()).toEqual({ jobs: 0, items: 0 });
        await tenant.create(QUOTA.queuedItems);
      }),
      { numRuns: 40 },
    );
  });

  it('lets in exactly as many as there is room for, of many that come at once', async () => {
    const [many, large] = [await new Tenant().make(), await new Tenant().make()];
    const outcomes = await Promise.allSettled([
      ...Array.from({ length: 12 }, () => many.create(1)),
      ...Array.from({ length: 12 }, () => large.create(9)),
    ]);
    const refused = outcomes.flatMap((one) =>
      one.status === 'rejected' ? [(one.reason as AppError).code] : [],
    );
    expect(await many.open()).toEqual({ jobs: 4, items: 4 });
    expect(await large.open()).toEqual({ jobs: 2, items: 18 });
    expect(refused.toSorted()).toEqual([
      ...Array.from({ length: 8 }, () => 'quota.jobs'),
      ...Array.from({ length: 10 }, () => 'quota.queued_items'),
    ]);
  });

  it('counts what is not done yet, of each tenant alone', async () => {
    const [tenant, other] = [await new Tenant().make(), await new Tenant().make()];
    const first = await tenant.create(15);
    await expect(tenant.create(6)).rejects.toEqual(refusal('quota.queued_items'));
    await other.create(20);
    await tenant.end(first, 1);
    await tenant.create(6);
    await expect(tenant.create(1)).rejects.toEqual(refusal('quota.queued_items'));
  });

  it('counts what is to be done again, and leaves a refused retry as it was', async () => {
    const tenant = await new Tenant().make();
    const ended = await tenant.create(12);
    await tenant.end(ended);
    const waiting = await tenant.create(9);
    await expect(tenant.retry(ended)).rejects.toEqual(refusal('quota.queued_items'));
    expect(await tenant.open()).toEqual({ jobs: 1, items: 9 });
    await tenant.end(waiting);
    expect(await tenant.retry(ended)).toBe(12);
    expect(await tenant.open()).toEqual({ jobs: 1, items: 12 });
  });

  it('keeps a batch waiting until there is room', async () => {
    const tenant = await new Tenant().make();
    const full = await tenant.create(20);
    const batch = await tenant.validatedBatch();
    await expect(batch.end()).rejects.toMatchObject({
      code: 'quota.queued_items',
      retryable: true,
    });
    expect(await findBatch(database, tenant.id, batch.id)).toMatchObject({ state: 'validating' });
    await tenant.end(full, 1);
    await batch.end();
    expect(await findBatch(database, tenant.id, batch.id)).toMatchObject({ state: 'in_progress' });
    expect(await tenant.open()).toEqual({ jobs: 2, items: 20 });
  });

  it('says of a job that can never fit that waiting does not help', async () => {
    const tenant = await new Tenant().make();
    await expect(tenant.create(21)).rejects.toMatchObject({
      code: 'quota.job_items',
      retryable: false,
      message: expect.stringMatching(/21 images.*may have 20.*MAX_QUEUED_ITEMS/s),
    });
    await expect(tenant.create(1, { openJobs: 0, queuedItems: 20 })).rejects.toMatchObject({
      code: 'quota.jobs',
      retryable: true,
    });
  });
});
