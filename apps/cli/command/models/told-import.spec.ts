import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ModelImport } from '#contracts';
import { cli } from '../../testing/captured.js';
import { FakeApi, problem } from '../../testing/fake-api.js';

const CHECKPOINT = fileURLToPath(
  new URL('../../../../test/fixtures/checkpoints/tiny-paligemma2', import.meta.url),
);
const SHOWN: ModelImport = {
  object: 'model_import',
  id: `mdi_${'1'.repeat(32)}`,
  model: 'mine',
  source: 'tiny-paligemma2',
  precision: 'int8',
  host: null,
  state: 'converting',
  bytes_done: 0,
  bytes_total: null,
  model_bytes: null,
  error: null,
  created_at: '2026-01-01T00:00:00.000Z',
  told_at: '2026-01-01T00:00:00.000Z',
  finished_at: null,
};
const ALL = '/v1/model-imports';
const ONE = `${ALL}/${SHOWN.id}`;

let api: FakeApi;
let folder: string;
let env: NodeJS.ProcessEnv;
beforeEach(async () => {
  api = await FakeApi.start();
  folder = await mkdtemp(join(tmpdir(), 'pallet-told-'));
  env = { PALLET_DATA: folder, PALLET_URL: api.url, PALLET_API_KEY: api.apiKey };
});
afterEach(async () => {
  await api.stop();
  await rm(folder, { recursive: true });
});

const importAs = (name: string) =>
  cli(['models', 'import', CHECKPOINT, '--name', name, '--precision', 'f32'], { env });
const toldAt = (path: string) =>
  api.received.filter((one) => one.path === path).map(({ json }) => json);

it('tells a system that is known of the beginning and of the end, with the size of the model', async () => {
  api.answerNext(ALL, { status: 201, body: SHOWN });
  api.answerNext(ONE, ...Array.from({ length: 9 }, () => ({ status: 200, body: SHOWN })));
  expect(await importAs('mine')).toMatchObject({ code: 0, out: 'mine\n' });
  expect(toldAt(ALL)).toEqual([
    {
      model: 'mine',
      source: 'tiny-paligemma2',
      precision: 'f32',
      host: expect.any(String),
      state: 'converting',
    },
  ]);
  const last = toldAt(ONE).at(-1);
  expect(last).toEqual({ state: 'completed', model_bytes: expect.any(Number) });
});

it('tells why an import failed', async () => {
  const answers = Array.from({ length: 9 }, () => ({ status: 200, body: SHOWN }));
  api.answerNext(ALL, { status: 201, body: SHOWN }, { status: 201, body: SHOWN });
  api.answerNext(ONE, ...answers);
  await importAs('mine');
  expect(await importAs('mine')).toMatchObject({ code: 5 });
  expect(toldAt(ONE).at(-1)).toMatchObject({
    state: 'failed',
    error: { code: 'import.exists', detail: expect.stringContaining('mine') },
  });
});

it('imports all the same when the system refuses, drops or ends it', async () => {
  api.answerNext(ALL, problem({ status: 403, code: 'auth.scope', detail: 'Not with this key.' }));
  const refused = await importAs('one');
  expect(refused).toMatchObject({ code: 0, out: 'one\n' });
  expect(refused.err).toMatch(/the import goes on.*not told of it: Not with this key/);
  api.answerNext(ALL, 'drop');
  expect(await importAs('two')).toMatchObject({ code: 0, out: 'two\n' });
  api.answerNext(ALL, { status: 201, body: SHOWN });
  api.answerNext(ONE, ...Array.from({ length: 9 }, () => problem({ status: 409, code: 'ended' })));
  expect(await importAs('three')).toMatchObject({ code: 0, out: 'three\n' });
});

it('asks nobody when no system is known', async () => {
  env = { PALLET_DATA: folder };
  const { code, err } = await importAs('mine');
  expect([code, err]).toEqual([0, expect.not.stringContaining('told')]);
  expect(api.received).toEqual([]);
});
