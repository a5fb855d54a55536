import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { newUuid, NO_JOB_QUOTA, publicId } from '#contracts';
import { planJob } from '#database';
import { usePostgres } from '#testing';
import { useApi } from '../spec-rig.js';

let headers: Record<string, string>;
let tenantId: string;

const rig = useApi(usePostgres());
beforeAll(async () => {
  ({ headers, tenantId } = await rig.createTenant());
});

interface ListBody {
  data: { id: string; n?: number; state?: string }[];
  next_cursor: string | null;
  has_more: boolean;
}

/** Follows the cursors to the end. */
async function readAll(route: string, limit: number): Promise<ListBody['data']> {
  const rows: ListBody['data'] = [];
  let cursor = '';
  for (;;) {
    const separator = route.includes('?') ? '&' : '?';
    const url = `${route}${separator}limit=${limit}${cursor && `&cursor=${cursor}`}`;
    const page = (await rig.app.inject({ url, headers })).json<ListBody>();
    expect(page.data.length).toBeLessThanOrEqual(limit);
    expect(page.has_more).toBe(page.next_cursor !== null);
    rows.push(...page.data);
    if (page.next_cursor === null) return rows;
    // A page that is not the last is full: nobody makes needless calls.
    expect(page.data.length).toBe(limit);
    cursor = page.next_cursor;
  }
}

async function makeJob(count: number): Promise<string> {
  const [setId, jobId] = [newUuid(), newUuid()];
  await rig.database.query(
    `INSERT INTO image_sets (id, tenant_id, state, accepted) VALUES ($1, $2, 'sealed', $3)`,
    [setId, tenantId, count],
  );
  await rig.database.query(
    `INSERT INTO images (set_id, n, name, sha256)
     SELECT $1::uuid, n, 'image-' || n, sha256(n::text::bytea) FROM generate_series(0, $2::int - 1) AS n`,
    [setId, count],
  );
  await rig.serveModel('default');
  await planJob(rig.database, {
    id: jobId,
    tenantId,
    setId,
    name: null,
    model: 'default',
    tasks: [{ type: 'ocr' }],
    priority: 0,
    lane: 'bulk',
    metadata: {},
    itemCount: count,
    quota: NO_JOB_QUOTA,
  });
  return jobId;
}

describe('lists', () => {
  it('show every row once for any limit, newest first', async () => {
    const made: string[] = [];
    for (let i = 0; i < 23; i++) made.unshift(publicId('job', await makeJob(1)));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 30 }), async (limit) => {
        const rows = await readAll('/v1/jobs', limit);
        expect(rows.map((row) => row.id)).toEqual(made);
        expect(await readAll('/v1/image-sets', limit)).toHaveLength(23);
      }),
      { numRuns: 12 },
    );
    await rig.database.query(`UPDATE jobs SET state = 'completed' WHERE id = $1::uuid`, [
      made[3]!.slice(4),
    ]);
    const completed = await readAll('/v1/jobs?state=completed', 5);
    expect(completed.map((row) => row.id)).toEqual([made[3]]);
  });

  it('show every ended item once for any limit, by number, and again when filtered', async () => {
    const jobId = await makeJob(60);
    const ended = [0, 1, 2, 5, 7, 8, 9, 20, 21, 22, 40, 59];
    const stateOf = (n: number) => (n % 2 === 0 ? 'succeeded' : 'failed');
    for (const n of ended.toReversed()) {
      await rig.database.query(
        `INSERT INTO items (job_id, n, state, attempts, error_code, error_detail)
         VALUES ($1, $2, $3, 1, CASE WHEN $3 = 'failed' THEN 'image.undecodable' END, 'torn')`,
        [jobId, n, stateOf(n)],
      );
    }
    const route = `/v1/jobs/${publicId('job', jobId)}/results`;
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 15 }),
        fc.constantFrom(undefined, 'succeeded', 'failed'),
        async (limit, state) => {
          const rows = await readAll(
            state === undefined ? route : `${route}?state=${state}`,
            limit,
          );
          const wanted = ended.filter((n) => state === undefined || stateOf(n) === state);
          expect(rows.map((row) => row.n)).toEqual(wanted);
        },
      ),
      { numRuns: 30 },
    );
    const [first] = await readAll(`${route}?state=failed`, 1);
    expect(first).toMatchObject({
      object: 'item',
      n: 1,
      image: { name: 'image-1', width: null },
      error: { code: 'image.undecodable', detail: 'torn' },
      answers: [],
    });
  });

  it('of models go on after a name', async () => {
    for (const name of ['a', 'b/c', 'd-e@1']) await rig.serveModel(name);
    const rows = await readAll('/v1/models', 1);
    expect(rows.map((row) => row.id)).toEqual(['a', 'b/c', 'd-e@1', 'default']);
  });
});
