import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Import } from '#contracts';
import { cli } from '../testing/captured.js';
import { FakeApi, problem } from '../testing/fake-api.js';
import { SET_ID } from '../testing/samples.js';

let api: FakeApi;
let env: NodeJS.ProcessEnv;
let folder: string;

beforeEach(async () => {
  api = await FakeApi.start();
  folder = await mkdtemp(join(tmpdir(), 'pallet-upload-bucket-'));
  env = {
    PALLET_URL: api.url,
    PALLET_API_KEY: api.apiKey,
    HOME: folder,
    AWS_ACCESS_KEY_ID: 'id',
    AWS_SECRET_ACCESS_KEY: 'secret',
  };
});
afterEach(async () => {
  await api.stop();
  await rm(folder, { recursive: true });
});

const ID = `imp_${'0'.repeat(31)}1`;
const URI = 's3://cats/2024/**/*.jpg';
const anImport = (more: Partial<Import> = {}): Import => ({
  object: 'import',
  id: ID,
  image_set: SET_ID,
  name: null,
  source: 'bucket',
  state: 'fetching',
  row_counts: { found: 3, accepted: 2, duplicate: 1, refused: 0 },
  line_errors: [],
  error: null,
  created_at: '2026-01-01T00:00:00.000Z',
  finished_at: null,
  ...more,
});
const ended = (more: Partial<Import>): Import =>
  anImport({ finished_at: '2026-01-01T00:00:01.000Z', ...more });

const IMPORTS = `/v1/image-sets/${SET_ID}/imports`;
const states = (): Promise<string[]> =>
  readdir(join(folder, '.local', 'state', 'pallet', 'uploads'));

describe('pallet upload of a bucket', () => {
  it('makes a set, has the server fetch, waits, and seals', async () => {
    api.answerNext(IMPORTS, { status: 202, body: anImport() });
    api.answerNext(`/v1/imports/${ID}`, { status: 200, body: ended({ state: 'completed' }) });
    const { code, out } = await cli(['upload', URI, '--name', 'cats', '--seal'], { env });
    expect([code, out]).toEqual([
      0,
      `${SET_ID}: completed, 2 accepted, 1 already there, 0 refused\n`,
    ]);
    expect(api.pathsReceived()).toEqual([
      'POST /v1/image-sets',
      `POST ${IMPORTS}`,
      `GET /v1/imports/${ID}`,
      `POST /v1/image-sets/${SET_ID}/seal`,
    ]);
    expect(api.received[1]!.json).toEqual({
      uri: URI,
      name: 'cats',
      access_key_id: 'id',
      secret_access_key: 'secret',
    });
    expect(await states()).toEqual([]);
  });

  it('that was stopped goes on with the same import, and needs no keys for it', async () => {
    api.answerNext(IMPORTS, { status: 202, body: anImport() });
    api.answerNext(`/v1/imports/${ID}`, problem({ status: 404, code: 'import.not_found' }));
    const stopped = await cli(['upload', URI], { env });
    expect(stopped.code).not.toBe(0);
    expect(stopped.err).toContain('the same command waits again');
    api.received.length = 0;
    api.answerNext(
      `/v1/imports/${ID}`,
      { status: 200, body: anImport() },
      { status: 200, body: ended({ state: 'completed' }) },
    );
    const { AWS_ACCESS_KEY_ID: _, ...without } = env;
    expect((await cli(['upload', URI], { env: without })).code).toBe(0);
    expect(api.pathsReceived()).toEqual([`GET /v1/imports/${ID}`, `GET /v1/imports/${ID}`]);
  });

  it('that has failed is begun again, into the same set', async () => {
    const error = { code: 'bucket.denied', detail: 'No.' };
    const failed = ended({ state: 'failed', error });
    api.answerNext(IMPORTS, { status: 202, body: failed });
    const first = await cli(['upload', URI], { env });
    expect(first.code).not.toBe(0);
    expect(first.out).toContain('bucket.denied');
    api.received.length = 0;
    api.answerNext(`/v1/imports/${ID}`, { status: 200, body: failed });
    api.answerNext(IMPORTS, { status: 202, body: ended({ state: 'completed' }) });
    expect((await cli(['upload', URI], { env })).code).toBe(0);
    expect(api.pathsReceived()).toEqual([`GET /v1/imports/${ID}`, `POST ${IMPORTS}`]);
  });

  it('comes alone, and with keys', async () => {
    expect((await cli(['upload', URI, 'photos/'], { env })).code).toBe(2);
    const { AWS_SECRET_ACCESS_KEY: _, ...without } = env;
    expect((await cli(['upload', URI], { env: without })).code).toBe(2);
    expect(api.received).toEqual([]);
  });
});
