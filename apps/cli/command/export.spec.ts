import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
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
