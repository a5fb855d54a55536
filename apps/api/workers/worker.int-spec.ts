import { beforeAll, describe, expect, it } from 'vitest';
import { newUuid, publicId, workerPageSchema, workerSchema, type WorkerReport } from '#contracts';
import { countWorkers, registerWorker, reportWorker, type ReportingWorker } from '#database';
import { usePostgres } from '#testing';
import { useApi } from '../spec-rig.js';

const MODEL = 'served';
const REPORT: WorkerReport = {
  version: '0.1.0',
  provider: 'cuda',
  device: 'NVIDIA H200',
  slots: 8,
  slots_in_use: 5,
  images_per_second: 12.5,
  tokens_per_second: 300,
  cpu_percent: 180,
  memory_bytes: 1_000,
  gpu: { name: 'NVIDIA H200', percent: 97, memory_bytes: 10, memory_total_bytes: 20 },
};
const NOTHING = { succeeded: 0, failed: 0, tokens: 0, latency: {} };
const rig = useApi(usePostgres());
let operator: { headers: Record<string, string> };

beforeAll(async () => {
  operator = await rig.createTenant(['read', 'write', 'operate']);
});

const worker = (more: Partial<ReportingWorker> = {}): ReportingWorker => ({
  id: newUuid(),
  model: MODEL,
  host: 'gpu-1',
  pid: 42,
  state: 'busy',
  report: REPORT,
  done: NOTHING,
  ...more,
});
const model = { name: MODEL, family: 'paligemma', imageSize: 224, note: null };
const list = async () =>
  workerPageSchema.parse(
    (await rig.app.inject({ url: '/v1/operate/workers', headers: operator.headers })).json(),
  ).data;
const drain = (id: string) =>
  rig.app.inject({
    method: 'POST',
    url: `/v1/operate/workers/${publicId('worker', id)}/drain`,
    headers: operator.headers,
  });
const shown = async (id: string) =>
  (await list()).find((entry) => entry.id === publicId('worker', id));
const age = (id: string, seconds: number) =>
  rig.database.query(`UPDATE workers SET seen_at = now() - $2 * interval '1 s' WHERE id = $1`, [
    id,
    seconds,
  ]);

describe('workers', () => {
  it('are shown as they say they are, newest first, and count as capacity when they serve', async () => {
    const [starting, serving] = [worker({ state: 'starting' }), worker()];
    // Nobody has served the model yet, so there is nothing that could be starting to.
    expect(await reportWorker(rig.database, starting)).toBe(false);
    expect(await list()).toEqual([]);
    await registerWorker(rig.database, { ...serving, model });
    await reportWorker(rig.database, serving);
    await reportWorker(rig.database, starting);
    const all = await list();
    expect(all.map(({ state, pool, host }) => [state, pool, host])).toEqual([
      ['busy', MODEL, 'gpu-1'],
      ['starting', MODEL, 'gpu-1'],
    ]);
    expect(all[0]!.report).toEqual(REPORT);
    expect(await countWorkers(rig.database, MODEL)).toBe(1);
    await registerWorker(rig.database, { ...starting, model });
    expect(await countWorkers(rig.database, MODEL)).toBe(2);
  });

  it('of an older version, which say nothing, are there all the same', async () => {
    const old = worker();
    await registerWorker(rig.database, { ...old, model });
    expect(await shown(old.id)).toMatchObject({ state: 'ready', report: null });
  });

  it('add what they have done to what their model has done, each report once', async () => {
    const totals = async () =>
      (
        await rig.database.query(
          `SELECT items_succeeded::int, items_failed::int, tokens::int FROM models WHERE name = $1`,
          [MODEL],
        )
      )[0];
    const before = await totals();
    const one = worker({ done: { succeeded: 3, failed: 1, tokens: 70, latency: {} } });
    await Promise.all([reportWorker(rig.database, one), reportWorker(rig.database, worker())]);
    await reportWorker(rig.database, {
      ...one,
      done: { succeeded: 2, failed: 0, tokens: 5, latency: {} },
    });
    expect(before).toEqual({ items_succeeded: 0, items_failed: 0, tokens: 0 });
    expect(await totals()).toEqual({ items_succeeded: 5, items_failed: 1, tokens: 75 });
  });
});

describe('a worker that is asked to end', () => {
  it('hears it at its next report, once it was asked, and is told the same twice', async () => {
    const [one, other] = [worker(), worker()];
    for (const each of [one, other]) {
      expect(await reportWorker(rig.database, each)).toBe(false);
    }
    const asked = await drain(one.id);
    expect(asked.statusCode).toBe(202);
    const { drain_requested_at: at } = workerSchema.parse(asked.json());
    expect(at).not.toBeNull();
    expect(await reportWorker(rig.database, { ...one, state: 'draining' })).toBe(true);
    expect(await reportWorker(rig.database, other)).toBe(false);
    expect((await drain(one.id)).json()).toMatchObject({
      drain_requested_at: at,
      state: 'draining',
    });
  });

  it('must be there, and be heard of', async () => {
    const none = await drain(newUuid());
    expect([none.statusCode, none.json().code]).toEqual([404, 'worker.not_found']);
    const lost = worker();
    await reportWorker(rig.database, lost);
    await age(lost.id, 16);
    expect(await shown(lost.id)).toMatchObject({ state: 'lost' });
    const refused = await drain(lost.id);
    expect([refused.statusCode, refused.json().code]).toEqual([409, 'worker.lost']);
    // It was only slow, and works on: nobody had asked it to end.
    expect(await reportWorker(rig.database, lost)).toBe(false);
  });
});
