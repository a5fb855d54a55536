import { beforeAll, describe, expect, it } from 'vitest';
import { newUuid, NO_JOB_QUOTA, queueSchema, seriesSchema, systemQueueSchema } from '#contracts';
import { moveJob, planJob, recordTaskTime, saveSamples } from '#database';
import { usePostgres } from '#testing';
import { useApi } from '../spec-rig.js';

const MODEL = 'queued';
const rig = useApi(usePostgres());
type Tenant = Awaited<ReturnType<typeof rig.createTenant>>;
let [one, other, operator]: Tenant[] = [];

beforeAll(async () => {
  await rig.serveModel(MODEL);
  await recordTaskTime(rig.database, MODEL, 500);
  [one, other] = [await rig.createTenant(), await rig.createTenant()];
  operator = await rig.createTenant(['read', 'operate']);
});

async function addJob({ tenantId }: Tenant, itemCount: number, priority: number): Promise<string> {
  const [setId, id] = [newUuid(), newUuid()];
  await rig.database.query(
    `INSERT INTO image_sets (id, tenant_id, state, accepted) VALUES ($1, $2, 'sealed', $3)`,
    [setId, tenantId, itemCount],
  );
  await rig.database.query(
    `INSERT INTO images (set_id, n, name, sha256)
     SELECT $1, n, n::text, sha256(n::text::bytea) FROM generate_series(0, $2::int - 1) AS n`,
    [setId, itemCount],
  );
  const job = { id, tenantId, setId, name: null, model: MODEL, itemCount, priority };
  await rig.database.transaction((tx) =>
    planJob(tx, {
      ...job,
      tasks: [{ type: 'ocr' }, { type: 'caption', language: 'en' }],
      lane: 'bulk',
      metadata: {},
      quota: NO_JOB_QUOTA,
    }),
  );
  return id;
}

const get = (url: string, { headers }: Tenant) => rig.app.inject({ url, headers });

describe('the queue', () => {
  it('is a tenant’s own, by model and priority, and whole for an operator', async () => {
    await addJob(one!, 10, 0);
    await addJob(one!, 20, 0);
    await addJob(one!, 4, 5);
    const paused = await addJob(one!, 100, 0);
    await moveJob(rig.database, one!.tenantId, paused, 'pause');
    await addJob(other!, 1_000, 0);

    const own = queueSchema.parse((await get('/v1/queue', one!)).json());
    expect(own.waiting).toMatchObject([
      { pool: MODEL, priority: 0, jobs: 2, items: 30, accelerator_seconds: 30 },
      { pool: MODEL, priority: 5, jobs: 1, items: 4, accelerator_seconds: 4 },
    ]);
    expect(own.waiting[0]!.waiting_since).not.toBeNull();
    expect(own.in_flight_items).toBe(0);
    expect((await get('/v1/queue', operator!)).json().waiting).toEqual([]);

    const whole = systemQueueSchema.parse((await get('/v1/operate/queue', operator!)).json());
    expect(
      whole.waiting.map(({ tenant, priority, items }) => [tenant.name, priority, items]),
    ).toEqual([
      [other!.tenantId, 0, 1_000],
      [one!.tenantId, 0, 30],
      [one!.tenantId, 5, 4],
    ]);
    expect(whole.pools).toMatchObject([
      { pool: MODEL, items: 1_034, accelerator_seconds: 1_034, workers: 1 },
    ]);
    expect(whole.has_more).toBe(false);
    expect((await get('/v1/operate/queue', one!)).statusCode).toBe(403);
  });
});

describe('the series', () => {
  it('has as many points as its span, the last of now, and nothing where nobody sampled', async () => {
    await saveSamples(rig.database, [
      {
        model: MODEL,
        outstandingItems: 1_034,
        outstandingSeconds: 517,
        inFlightItems: 8,
        oldestWaitSeconds: 3,
        workers: 1,
        queuedShards: 4,
      },
    ]);
    for (const [span, points, seconds] of [
      ['15m', 90, 10],
      ['1h', 120, 30],
      ['24h', 288, 300],
    ] as const) {
      const answer = await get(`/v1/operate/series?span=${span}`, operator!);
      const series = seriesSchema.parse(answer.json());
      const { object: _, span: said, pool, step_seconds: step, times, ...columns } = series;
      expect([said, pool, step, times.length]).toEqual([span, null, seconds, points]);
      expect(times.at(-1)! - times[0]!).toBe((points - 1) * seconds);
      expect(Object.values(columns).map((column) => column.length)).toEqual(
        Object.values(columns).map(() => points),
      );
      expect(columns.outstanding_items.filter((value) => value !== null)).toEqual([1_034]);
      expect(columns.items_per_second.every((value) => value === null)).toBe(true);
      expect(columns.error_rate.every((value) => value === null)).toBe(true);
    }
    const none = (await get('/v1/operate/series?pool=nobody', operator!)).json();
    expect([none.span, none.pool]).toEqual(['1h', 'nobody']);
    expect(new Set(none.workers)).toEqual(new Set([null]));
    expect((await get('/v1/operate/series?span=2h', operator!)).statusCode).toBe(400);
  });
});
