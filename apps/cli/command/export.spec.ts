import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Export } from '#contracts';
import { cli } from '../testing/captured.js';
import { FakeApi, problem } from '../testing/fake-api.js';
import { JOB_ID } from '../testing/samples.js';

let api: FakeApi;
let folder: string;
let env: NodeJS.ProcessEnv;

beforeEach(async () => {
  api = await FakeApi.start();
  folder = await mkdtemp(join(tmpdir(), 'pallet-cli-'));
  env = { PALLET_URL: api.url, PALLET_API_KEY: api.apiKey };
});
afterEach(async () => {
  await api.stop();
  await rm(folder, { recursive: true });
});

const PATH = `/v1/jobs/${JOB_ID}/export`;

describe('pallet export', () => {
  it('saves what comes, and prints where', async () => {
    api.answerNext(PATH, { status: 200, body: 'PK and so on' });
    const file = join(folder, 'pets.zip');
    const args = ['export', JOB_ID, '--format', 'coco', '--partial', '--output', file];
    expect(await cli(args, { env })).toMatchObject({ code: 0, out: `${file}\n` });
    expect(await readFile(file, 'utf8')).toBe('PK and so on');
    expect(await readdir(folder)).toEqual(['pets.zip']);
    const { query } = api.received.at(-1)!;
    expect(Object.fromEntries(query)).toEqual({ format: 'coco', partial: 'true' });
  });

  it('writes to stdout for a dash', async () => {
    api.answerNext(PATH, { status: 200, body: 'n,image\r\n' });
    const args = ['export', JOB_ID, '-f', 'csv', '-o', '-'];
    expect(await cli(args, { env })).toMatchObject({ code: 0, out: 'n,image\r\n' });
  });

  it('names the formats when it is given another', async () => {
    const { code, err } = await cli(['export', JOB_ID, '--format', 'excel'], { env });
    expect(code).toBe(2);
    expect(err).toContain('jsonl, csv, parquet, coco');
  });

  it('exits with 5 while the job runs, and leaves no file', async () => {
    api.answerNext(PATH, problem({ status: 409, code: 'job.running' }));
    const args = ['export', JOB_ID, '-f', 'csv', '-o', join(folder, 'x.csv')];
    const { code, err } = await cli(args, { env });
    expect([code, await readdir(folder)]).toEqual([5, []]);
    expect(err).toContain('[job.running]');
  });

  it('leaves no file when the download breaks off', async () => {
    const server = createServer((_, response) => {
      response.writeHead(200).write('half of it');
      setImmediate(() => response.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const args = ['export', JOB_ID, '-f', 'csv', '-o', join(folder, 'x.csv')];
    const there = { ...env, PALLET_URL: `http://127.0.0.1:${port}` };
    const { code, err } = await cli(args, { env: there });
    server.close();
    expect([code, await readdir(folder)]).toEqual([1, []]);
    expect(err).toContain('[cli.download_broken]');
  });
});

describe('pallet export --to', () => {
  const ID = `exp_${'0'.repeat(31)}1`;
  const DESTINATION = 's3://cats/out/all.zip';
  const anExport = (more: Partial<Export> = {}): Export => ({
    object: 'export',
    id: ID,
    job: JOB_ID,
    format: 'coco',
    partial: false,
    state: 'running',
    destination: DESTINATION,
    manifest: `${DESTINATION}.manifest.json`,
    items: { total: 4, read: 1 },
    bytes: 0,
    sha256: null,
    error: null,
    created_at: '2026-01-01T00:00:00.000Z',
    started_at: null,
    finished_at: null,
    ...more,
  });
  const EXPORTS = `/v1/jobs/${JOB_ID}/exports`;
  const keys = { HOME: '/nowhere', AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' };
  const args = ['export', JOB_ID, '-f', 'coco', '--to', 's3://cats/out/'];

  it('orders it with the keys of the environment, and waits through a restart of the server', async () => {
    const finished_at = '2026-01-01T00:00:01.000Z';
    api.answerNext(EXPORTS, { status: 202, body: anExport() });
    const sha256 = 'ab'.repeat(32);
    api.answerNext(`/v1/exports/${ID}`, { status: 200, body: anExport() }, 'drop', {
      status: 200,
      body: anExport({ state: 'completed', bytes: 7, sha256, finished_at }),
    });
    const there = { ...env, ...keys, AWS_REGION: 'eu-central-1' };
    const { code, out } = await cli([...args, '--endpoint', 'http://minio:9000'], { env: there });
    expect([code, out]).toEqual([
      0,
      `${ID}: completed, ${DESTINATION}, 7 bytes, sha256 ${sha256}\n`,
    ]);
    expect(api.received[0]!.json).toEqual({
      format: 'coco',
      destination: 's3://cats/out/',
      region: 'eu-central-1',
      endpoint: 'http://minio:9000',
      access_key_id: 'id',
      secret_access_key: 'secret',
    });
  });

  it('says why a bucket did not take it, and exits as for a job that failed', async () => {
    const error = { code: 'bucket.denied', detail: 'The bucket refuses.' };
    const body = anExport({ state: 'failed', error, finished_at: '2026-01-01T00:00:01.000Z' });
    api.answerNext(EXPORTS, { status: 202, body });
    const { code, out } = await cli(args, { env: { ...env, ...keys } });
    expect(code).not.toBe(0);
    expect(out).toBe(`${ID}: failed (bucket.denied: The bucket refuses.)\n`);
  });

  it('asks for keys, and takes no file besides', async () => {
    const without = await cli(args, { env: { ...env, HOME: '/nowhere' } });
    expect([without.code, without.err]).toEqual([2, expect.stringContaining('AWS_ACCESS_KEY_ID')]);
    const both = await cli([...args, '-o', 'x'], { env: { ...env, ...keys } });
    expect(both.code).toBe(2);
    expect(api.received).toEqual([]);
  });
});
