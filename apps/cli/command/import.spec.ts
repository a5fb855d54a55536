import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Import } from '#contracts';
import { cli } from '../testing/captured.js';
import { FakeApi } from '../testing/fake-api.js';
import { SET_ID } from '../testing/samples.js';

let api: FakeApi;
let env: NodeJS.ProcessEnv;
let folder: string;

beforeEach(async () => {
  api = await FakeApi.start();
  env = { PALLET_URL: api.url, PALLET_API_KEY: api.apiKey };
  folder = await mkdtemp(join(tmpdir(), 'pallet-import-'));
});
afterEach(async () => {
  await api.stop();
  await rm(folder, { recursive: true });
});

const ID = `imp_${'0'.repeat(31)}1`;
const COUNTS = { found: 3, accepted: 0, duplicate: 0, refused: 1 };
const anImport = (more: Partial<Import> = {}): Import => ({
  object: 'import',
  id: ID,
  image_set: SET_ID,
  name: null,
  source: 'manifest',
  state: 'fetching',
  row_counts: COUNTS,
  line_errors: [
    { line: 2, code: 'manifest.invalid_line', detail: 'Line 2: It is not valid JSON.' },
  ],
  error: null,
  created_at: '2026-01-01T00:00:00.000Z',
  finished_at: null,
  ...more,
});
const ended = (more: Partial<Import>): Import =>
  anImport({ finished_at: '2026-01-01T00:00:01.000Z', ...more });

const place = async (name: string, text = '{}'): Promise<string> => {
  await writeFile(join(folder, name), text);
  return join(folder, name);
};
const IMPORTS = `/v1/image-sets/${SET_ID}/imports`;

describe('pallet import', () => {
  it('sends the manifest, waits, and tells what became of its lines', async () => {
    api.answerNext(IMPORTS, { status: 202, body: anImport() });
    const done = { ...COUNTS, accepted: 1, duplicate: 1 };
    api.answerNext(`/v1/imports/${ID}`, { status: 200, body: anImport() }, 'drop', {
      status: 200,
      body: ended({ state: 'completed', row_counts: done }),
    });
    const path = await place('cats.jsonl', '{"url":"https://example.com/a"}\n');
    const { code, out, err } = await cli(['import', SET_ID, path, '--name', 'cats'], { env });
    expect([code, out]).toEqual([6, `${ID}: completed, 1 accepted, 1 already there, 1 refused\n`]);
    expect(err).toContain('Line 2: It is not valid JSON. (manifest.invalid_line)');
    expect(api.received[0]).toMatchObject({ method: 'POST', path: IMPORTS });
    expect(api.received[0]!.headers['content-type']).toBe('application/jsonl');
    expect(Number(api.received[0]!.headers['content-length'] ?? -1)).toBe(32);
    expect(api.received[0]!.query.get('name')).toBe('cats');
  });

  it('need not wait, and fails with an import that has failed', async () => {
    const counts = { ...COUNTS, refused: 0 };
    const error = { code: 'set.full', detail: 'A set holds 3 images at most.' };
    api.answerNext(
      IMPORTS,
      { status: 202, body: anImport({ line_errors: [], row_counts: counts }) },
      { status: 202, body: ended({ state: 'failed', error }) },
    );
    const path = await place('cats.csv');
    const args = ['import', SET_ID, path];
    expect((await cli([...args, '--no-wait', '--json'], { env })).code).toBe(0);
    const failed = await cli(args, { env });
    expect(failed.code).toBe(1);
    expect(failed.out).toContain('failed (set.full: A set holds 3 images at most.)');
    expect(api.received[0]!.headers['content-type']).toBe('text/csv');
  });

  it('only looks at the lines when asked to', async () => {
    const body = {
      object: 'manifest_check',
      row_counts: { found: 2, usable: 1 },
      line_errors: anImport().line_errors,
    };
    api.answerNext(IMPORTS, { status: 202, body });
    const path = await place('cats.ndjson');
    const { code, out } = await cli(['import', SET_ID, path, '--dry-run'], { env });
    expect([code, out]).toEqual([6, '2 lines, 1 can be used\n']);
    expect(api.received[0]!.query.get('dry_run')).toBe('true');
  });

  it('takes a bucket, with the keys of the environment', async () => {
    const counts = { ...COUNTS, refused: 0 };
    const made = ended({ source: 'bucket', state: 'completed', row_counts: counts });
    api.answerNext(IMPORTS, { status: 202, body: made });
    const uri = 's3://photos/**/*.jpg';
    const args = ['import', SET_ID, uri, '--endpoint', 'https://s3.example.com'];
    expect((await cli(args, { env })).code).toBe(2);
    const keys = { AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'x', AWS_REGION: 'eu-west-1' };
    const { out, err } = await cli(args, { env: { ...env, ...keys } });
    expect(out).toContain(`${ID}: completed`);
    expect(out + err).not.toContain('AKIA');
    expect(api.received[0]!.json).toEqual({
      uri,
      region: 'eu-west-1',
      endpoint: 'https://s3.example.com',
      access_key_id: 'AKIA',
      secret_access_key: 'x',
    });
  });

  it('takes a manifest that lies in a bucket', async () => {
    const made = ended({ source: 'bucket', state: 'completed', row_counts: COUNTS });
    api.answerNext(IMPORTS, { status: 202, body: made });
    const keys = { AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'x', AWS_REGION: 'eu-west-1' };
    const args = ['import', SET_ID, 's3://photos/lists/all.jsonl', '--manifest'];
    await cli(args, { env: { ...env, ...keys } });
    expect(api.received[0]!.json).toMatchObject({
      uri: 's3://photos/lists/all.jsonl',
      manifest: true,
    });
  });

  it('says what a manifest is, and when there is none', async () => {
    expect((await cli(['import', SET_ID, await place('cats.zip')], { env })).code).toBe(2);
    expect((await cli(['import', SET_ID, join(folder, 'none.csv')], { env })).code).toBe(2);
    const sent = ['import', SET_ID, await place('cats.ndjson'), '--manifest'];
    expect((await cli(sent, { env })).code).toBe(2);
    expect(api.received).toEqual([]);
  });
});
