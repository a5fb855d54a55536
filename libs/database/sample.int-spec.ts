import fc from 'fast-check';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newUuid } from '#contracts';
import { latencyStep } from '#pipeline';
import { usePostgres } from '#testing';
import {
  Database,
  forgetOldSamples,
  isSampled,
  migrate,
  readSeries,
  registerWorker,
  reportWorker,
  SAMPLE_STEPS,
  saveSamples,
  type PoolSample,
  type SeriesPoint,
} from './index.js';

const MODEL = 'sampled';
const postgres = usePostgres();
let database: Database;

beforeAll(async () => {
  database = new Database(await postgres.createDatabase());
  await migrate(database);
  const model = { name: MODEL, family: 'paligemma', imageSize: 224, note: null };
  await registerWorker(database, { id: newUuid(), host: 'here', pid: 1, model });
  return () => database.close();
});
beforeEach(() => database.query('TRUNCATE samples'));

const pool = (more: Partial<PoolSample> = {}): PoolSample => ({
  model: MODEL,
  outstandingItems: 40,
  outstandingSeconds: 4,
  inFlightItems: 8,
  oldestWaitSeconds: null,
  workers: 1,
  queuedShards: 3,
  ...more,
});
const REPORT = {
  version: '1',
  provider: 'cpu' as const,
  device: null,
  slots: 8,
  slots_in_use: 1,
  images_per_second: 0,
  tokens_per_second: 0,
  cpu_percent: 60,
  memory_bytes: null,
  gpu: null,
};
const FINE = { sampleSeconds: 10, pointSeconds: 10, points: 90 };
const known = (points: readonly SeriesPoint[]) =>
  points.filter((point) => point.outstandingItems !== null);

/** Samples as dispatchers wrote them, `ago` buckets before the one of now; all at once, for that one moves on. */
const put = (stepSeconds: number, entries: readonly Entry[], model = MODEL) =>
  database.query(
    `INSERT INTO samples (step_seconds, at, model, taken_at, outstanding_items, backlog_seconds, in_flight_items,
       oldest_wait_seconds, workers, items_succeeded, items_failed, tokens, latency_counts)
     SELECT $1, at, $4, at + interval '1 second', 1, 1, 0, 0, 1, total, 0, 0, jsonb_build_object('17', total)
     FROM unnest($2::int[], $3::int[]) AS entry (ago, total), LATERAL (
       SELECT date_bin($1 * interval '1 second', now(), 'epoch') - ago * $1 * interval '1 second' AS at
     ) AS bucket`,
    [stepSeconds, entries.map(({ ago }) => ago), entries.map(({ total }) => total), model],
  );

interface Entry {
  readonly ago: number;
  /** Images that had succeeded since ever. */
  readonly total: number;
}

describe('samples', () => {
  it('are one row a pool, step and bucket, however many dispatchers take them at once', async () => {
    expect(await isSampled(database)).toBe(false);
    await Promise.all([1, 2, 3].map((n) => saveSamples(database, [pool({ outstandingItems: n })])));
    const rows = await database.query(
      'SELECT step_seconds, at, count(*)::int AS rows FROM samples GROUP BY step_seconds, at',
    );
    // A bucket may end between two of them; none has two rows.
    expect(rows.map((row) => row['rows'])).toEqual(rows.map(() => 1));
    expect(new Set(rows.map((row) => row['step_seconds']))).toEqual(new Set([10, 60]));
    // Of one moment, or the bucket may end before it is asked for.
    const isThere = await database.transaction(async (tx) => {
      await saveSamples(tx, [pool()]);
      return isSampled(tx);
    });
    expect(isThere).toBe(true);
  });

  it('hold what the pool and its workers say, and null for what nobody knows', async () => {
    const worker = { model: MODEL, host: 'here', pid: 2, state: 'busy' as const, report: REPORT };
    const done = { succeeded: 0, failed: 0, tokens: 0, latency: {} };
    await reportWorker(database, { ...worker, id: newUuid(), done });
    await reportWorker(database, {
      ...worker,
      id: newUuid(),
      report: { ...REPORT, cpu_percent: 100 },
      done,
    });
    await saveSamples(database, [pool({ oldestWaitSeconds: 7, queuedShards: null })]);
    const points = await readSeries(database, FINE);
    expect(points).toHaveLength(90);
    expect(known(points)).toHaveLength(1);
    expect(points.findLast((point) => point.workers !== null)).toMatchObject({
      outstandingItems: 40,
      backlogSeconds: 4,
      inFlightItems: 8,
      oldestWaitSeconds: 7,
      queuedShards: null,
      cpuPercent: 80,
      gpuPercent: null,
      // There is no sample before, so nothing is known about what lies between.
      succeededPerSecond: null,
    });
  });

  it('of several pools stand together, or one alone', async () => {
    const entries = (total: number) => [
      { ago: 1, total: 0 },
      { ago: 0, total },
    ];
    await put(10, entries(100));
    await put(10, entries(50), 'other');
    const rates = (points: readonly SeriesPoint[]) =>
      points.flatMap(({ succeededPerSecond: rate }) => rate ?? []);
    expect(rates(await readSeries(database, FINE, 'other'))).toEqual([5]);
    // In the rare case that the first of the buckets of both began a bucket apart, their rates lie apart too.
    const both = rates(await readSeries(database, FINE));
    expect(both.reduce((sum, rate) => sum + rate, 0)).toBe(15);
    expect(known(await readSeries(database, FINE, 'nobody'))).toEqual([]);
  });

  it.each([
    [10, 10],
    [10, 30],
    [60, 300],
  ])(
    'lose and double nothing: every image done is under the curve once (%i s in points of %i s)',
    async (sampleSeconds, pointSeconds) => {
      // Whether each bucket was sampled, and how many images were done since the one before.
      const history = fc.array(fc.tuple(fc.boolean(), fc.nat(50)), {
        minLength: 2,
        maxLength: 40,
      });
      await fc.assert(
        fc.asyncProperty(history, async (buckets) => {
          await database.query('TRUNCATE samples');
          let total = 1_000;
          const sampled: Entry[] = [];
          for (const [index, [isThere, done]] of buckets.entries()) {
            total += done;
            if (isThere) sampled.push({ ago: buckets.length - 1 - index, total });
          }
          await put(sampleSeconds, sampled);
          const points = await readSeries(database, { sampleSeconds, pointSeconds, points: 90 });
          const span = await database.query<{ seconds: number | null; rate: number | null }>(
            `SELECT extract(epoch FROM max(taken_at) - min(taken_at))::float8 AS seconds FROM samples`,
          );
          const elapsed = span[0]!.seconds ?? 0;
          const rates = points.flatMap(({ succeededPerSecond: rate }) => rate ?? []);
          const done = (sampled.at(-1)?.total ?? 0) - (sampled[0]?.total ?? 0);
          const timed = points.map(({ latency }) => latency?.['17'] ?? 0);
          expect(points).toHaveLength(90);
          expect(timed.reduce((sum, images) => sum + images, 0)).toBe(done);
          expect(rates.every((rate) => rate >= 0)).toBe(true);
          if (sampled.length < 2) expect(rates).toEqual([]);
          const weights = await weightsOf(points, pointSeconds);
          expect(weights.done).toBeCloseTo(done, 6);
          expect(weights.seconds).toBeCloseTo(elapsed, 6);
        }),
        { numRuns: 15 },
      );
    },
  );

  it('know how long images took, by the steps that workers count by', async () => {
    const timings = fc.record({
      fetch_ms: fc.double({ min: 0, max: 1e6, noNaN: true }),
      decode_ms: fc.nat(1_000),
      encode_ms: fc.constantFrom(0, 2, 4, 64, 1_024),
      generate_ms: fc.constantFrom(0, 1, 256, 1e7),
    });
    const all = fc.sample(timings, 300);
    const counted = await database.query<{ step: number }>(
      'SELECT latency_step(value) AS step FROM jsonb_array_elements($1)',
      [JSON.stringify(all)],
    );
    expect(all.map((each) => latencyStep(each))).toEqual(counted.map(({ step }) => step));
    const steps = all.map((each) => String(latencyStep(each)));
    const latency = { '8': 3, [steps.find((step) => step !== '8')!]: 1 };
    const report = { id: newUuid(), model: MODEL, host: 'here', pid: 3, state: 'busy' as const };
    const said = { ...report, report: REPORT };
    const done = { succeeded: 4, failed: 0, tokens: 0 };
    await saveSamples(database, [pool()]);
    await database.query(`UPDATE samples SET at = at - interval '1 minute'`);
    await reportWorker(database, { ...said, done: { ...done, latency } });
    await reportWorker(database, { ...said, done: { ...done, latency: { '8': 2 } } });
    await saveSamples(database, [pool()]);
    const points = await readSeries(database, FINE);
    expect(points.map((point) => point.latency).filter((each) => each !== null)).toEqual([
      { ...latency, '8': 5 },
    ]);
  });

  it('that no chart shows any more are forgotten, and no others', async () => {
    for (const { seconds } of SAMPLE_STEPS) {
      const ages = [0, 60, 380, 400, 1_490, 1_510];
      await put(
        seconds,
        ages.map((ago) => ({ ago, total: 0 })),
      );
    }
    await forgetOldSamples(database);
    const left = await database.query(
      'SELECT step_seconds AS step, count(*)::int AS rows FROM samples GROUP BY 1 ORDER BY 1',
    );
    expect(left).toEqual([
      { step: 10, rows: 3 },
      { step: 60, rows: 5 },
    ]);
  });
});

/** What the points say was done, and in how long: each counts for as long as its samples lie apart. */
async function weightsOf(points: readonly SeriesPoint[], pointSeconds: number) {
  const apart = await database.query<{ t: number; seconds: number }>(
    `SELECT extract(epoch FROM date_bin($1 * interval '1 second', at, 'epoch'))::int AS t,
            sum(seconds)::float8 AS seconds
     FROM (SELECT at, extract(epoch FROM taken_at - lag(taken_at) OVER (ORDER BY at)) AS seconds
           FROM samples) AS steps WHERE seconds IS NOT NULL GROUP BY 1`,
    [pointSeconds],
  );
  const secondsAt = new Map(apart.map(({ t, seconds }) => [t, seconds]));
  let [done, seconds] = [0, 0];
  for (const { at, succeededPerSecond: rate } of points) {
    if (rate === null) continue;
    done += rate * secondsAt.get(at)!;
    seconds += secondsAt.get(at)!;
  }
  return { done, seconds };
}
