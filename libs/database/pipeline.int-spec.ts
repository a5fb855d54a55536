import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newUuid } from '#contracts';
import { feedStep } from '#pipeline';
import { usePostgres } from '#testing';
import { claimShard, commitItems, Database, feedStore, migrate, registerWorker } from './index.js';
import {
  answersTo,
  expectConsistent,
  itemRows,
  jobRow,
  makeJob,
  MODEL,
  WildQueue,
} from './pipeline-fixture.js';
import { stepArbitrary, World } from './pipeline-world-fixture.js';

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

describe('a job in the truth', () => {
  it('stays whole under any order of feeds, deliveries, losses, commits, pauses, cancels, limits, retries and extensions', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 900 }),
        fc.option(fc.constantFrom(0, 0.3, 0.9), { nil: undefined }),
        fc.array(stepArbitrary, { minLength: 5, maxLength: 40 }),
        async (count, maxFailureRate, steps) => {
          const limits = { maxFailureRate, failureRateMinItems: 20 };
          const world = new World(database, await makeJob(database, count, limits));
          for (const step of steps) {
            await world.run(step);
            await expectConsistent(database, world.job.jobId);
            await world.expectNothingOverwritten();
          }
          await world.finish();
          await expectConsistent(database, world.job.jobId);
          await world.expectNothingOverwritten();
          await database.query(`DELETE FROM shards WHERE job_id = $1`, [world.job.jobId]);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('keeps its counters equal to its rows when many workers commit at once', async () => {
    const world = new World(database, await makeJob(database, 3_000));
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
            .map(({ n }) => ({
              n,
              attempts: 1,
              ...(n % 2 === 0
                ? { state: 'succeeded', answers: answersTo(lease, n) }
                : { state: 'failed' }),
            })),
        ),
      ),
    );
    await expectConsistent(database, world.job.jobId);
    expect(await jobRow(database, world.job.jobId)).toMatchObject({
      state: 'completed',
      succeeded: 1_500,
      failed: 1_500,
    });
  });

  it('refuses the commit of a holder whose lease went to another', async () => {
    const world = new World(database, await makeJob(database, 10));
    await world.run({ kind: 'feed' });
    await world.claim(0);
    const [first] = world.leases;
    await world.expire();
    await world.run({ kind: 'feed' });
    const late = await commitItems(database, first!, newUuid(), [
      { n: 0, state: 'failed', attempts: 1 },
    ]);
    expect(late).toBeUndefined();
    expect(await itemRows(database, world.job.jobId)).toEqual([]);
    await world.finish();
  });

  it('takes any text a model writes', async () => {
    const world = new World(database, await makeJob(database, 1));
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
    const large = await makeJob(database, 20_000);
    const queue = new WildQueue();
    await feedStep(feedStore(database), queue, MODEL, 'bulk');
    const small = await makeJob(database, 10);
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
