import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '#contracts';
import { Captured, cli } from './testing/captured.js';
import { FakeApi, problem } from './testing/fake-api.js';
import { aFailedItem, anItem, ended, JOB_ID, SET_ID } from './testing/samples.js';

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

const photo = async (name: string): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, 'bytes');
  return path;
};

describe('pallet run', () => {
  it('uploads, seals, asks, waits and prints a row per image and task', async () => {
    api.jobStates = [{ state: 'running' }, ended('succeeded')];
    const { code, out, err } = await cli(['run', await photo('a.jpg'), '-t', 'caption'], { env });
    expect(out).toBe('IMAGE        TASK     ANSWER\nphoto-0.jpg  caption  a cat\n');
    expect(err).toContain('analysing 2/2\n');
    expect(err).toContain('model tiny: made for tests\n');
    expect(code).toBe(0);
    expect(api.pathsReceived().slice(0, 3)).toEqual([
      'POST /v1/image-sets',
      `POST /v1/image-sets/${SET_ID}/images`,
      'POST /v1/jobs',
    ]);
    const create = api.received[2];
    expect(create?.json).toMatchObject({ image_set: SET_ID, seal: true });
    expect(create?.headers['idempotency-key']).toMatch(/^[0-9a-f]{64}$/);
  });

  it('exits with 6 for a refused file and says why on stderr', async () => {
    api.jobStates = [ended('succeeded')];
    const paths = [await photo('bad.jpg'), await photo('good.jpg')];
    const { code, out, err } = await cli(['run', ...paths, '-t', 'caption'], { env });
    expect(code).toBe(6);
    expect(err).toContain('refused bad.jpg: image.undecodable (It is no picture.)\n');
    expect(out).not.toContain('bad.jpg');
  });

  it('exits with 6 for a failed item and shows its code', async () => {
    api.jobStates = [ended('partly_failed', 1)];
    api.items = [anItem(0), aFailedItem(1), anItem(2)];
    const { code, out } = await cli(['run', await photo('a.jpg'), '-t', 'caption'], { env });
    expect(code).toBe(6);
    expect(out).toContain('photo-1.jpg  -        failed: image.undecodable');
  });

  it('makes no job when every file was refused', async () => {
    const { code, err } = await cli(['run', await photo('bad.jpg'), '-t', 'caption'], { env });
    expect(code).toBe(1);
    expect(err).toContain('[cli.nothing_accepted]');
    expect(api.pathsReceived()).not.toContain('POST /v1/jobs');
  });

  it('writes one JSON document with --json', async () => {
    api.jobStates = [ended('succeeded')];
    api.items = [0, 1, 2].map((n) => anItem(n));
    const { out } = await cli(['run', await photo('a.jpg'), '-t', 'ocr', '--json'], { env });
    const document = JSON.parse(out);
    expect(document).toMatchObject({ object: 'run', job: { id: JOB_ID }, refused: [] });
    expect(document.data).toHaveLength(3);
  });
});

describe('pallet jobs', () => {
  it('create prints the id alone, so that a script can use it', async () => {
    const args = ['jobs', 'create', '--set', SET_ID, '-t', 'detect cat', '-t', 'ocr', '--priority'];
    const { code, out } = await cli([...args, '-3'], { env });
    expect([code, out]).toEqual([0, `${JOB_ID}\n`]);
    expect(api.received[0]?.json).toMatchObject({
      priority: -3,
      seal: false,
      tasks: [{ type: 'detect', labels: ['cat'] }, { type: 'ocr' }],
    });
  });

  it.each([
    ['succeeded', [], 0],
    ['partly_failed', [], 6],
    ['partly_failed', ['--no-fail-on-item-error'], 0],
    ['failed', [], 6],
    ['failed', ['--no-fail-on-item-error'], 1],
    ['cancelled', [], 1],
  ] as const)('wait for a job that %s with %j exits with %i', async (outcome, flags, code) => {
    api.jobStates = [ended(outcome, 1)];
    const result = await cli(['jobs', 'wait', JOB_ID, ...flags], { env });
    expect(result.code).toBe(code);
    expect(result.out).toContain(outcome);
  });

  it('wait gives up after its time limit with 124 and says how to go on', async () => {
    const { code, err } = await cli(['jobs', 'wait', JOB_ID, '--timeout', '0.05'], { env });
    expect(code).toBe(124);
    expect(err).toContain(`pallet jobs wait ${JOB_ID}`);
  });

  it('wait ends with 130 on an interrupt', async () => {
    const interrupt = new AbortController();
    const running = cli(['jobs', 'wait', JOB_ID], { env, signal: interrupt.signal });
    interrupt.abort(new AppError('cli.interrupted', 'Interrupted.'));
    expect((await running).code).toBe(130);
  });

  it('wait outlives a restart of the api', async () => {
    api.jobStates = [ended('succeeded')];
    const away = Array.from({ length: 4 }, () => problem({ status: 503, retry_after: 0 }));
    api.answerNext(`/v1/jobs/${JOB_ID}`, ...away);
    expect((await cli(['jobs', 'wait', JOB_ID], { env })).code).toBe(0);
  });

  it('ls reads as many pages as it needs', async () => {
    const quiet = await cli(['jobs', 'ls', '-q', '--limit', '3'], { env });
    expect(quiet.out).toBe(`${JOB_ID}\n`.repeat(3));
    const table = await cli(['jobs', 'ls', '--limit', '1'], { env });
    expect(table.out.split('\n')).toHaveLength(3);
    const json = await cli(['jobs', 'ls', '--json', '--state', 'running'], { env });
    expect(JSON.parse(json.out).data).toHaveLength(3);
    expect(api.received.at(-1)?.query.get('state')).toBe('running');
  });
});

describe('pallet results', () => {
  it('streams one object per line over all pages', async () => {
    api.items = [0, 1, 2, 3, 4].map((n) => anItem(n));
    const { out } = await cli(['results', JOB_ID, '--jsonl', '--state', 'succeeded'], { env });
    const lines = out.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).n)).toEqual([0, 1, 2, 3, 4]);
  });

  it('stops quietly when its reader goes away', async () => {
    api.items = [0, 1, 2, 3, 4].map((n) => anItem(n));
    const stdout = new Captured();
    stdout._write = (_chunk: Buffer, _encoding: string, done: (error?: Error) => void) =>
      done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    const { code, err } = await cli(['results', JOB_ID, '--jsonl'], { env, stdout });
    expect([code, err]).toEqual([0, '']);
    expect(api.received).toHaveLength(1);
  });
});

describe('pallet sets rm', () => {
  it('deletes each set, and stops at one that is in use', async () => {
    const other = SET_ID.replace(/.$/, '9');
    const gone = { status: 204, body: '' };
    api.answerNext(`/v1/image-sets/${SET_ID}`, gone);
    api.answerNext(`/v1/image-sets/${other}`, problem({ status: 409, code: 'set.in_use' }));
    const { code, out, err } = await cli(['sets', 'rm', SET_ID, other], { env });
    expect([code, out]).toEqual([5, `${SET_ID} deleted\n`]);
    expect(err).toContain('[set.in_use]');
    expect(api.pathsReceived()).toEqual([
      `DELETE /v1/image-sets/${SET_ID}`,
      `DELETE /v1/image-sets/${other}`,
    ]);
  });
});

describe('errors', () => {
  it('are text for people and the problem of the server with --json', async () => {
    const refused = problem({
      status: 404,
      code: 'job.not_found',
      detail: 'No job.',
      errors: [{ pointer: '/tasks/0', detail: 'too long', code: 'too_long' }],
    });
    api.answerNext(`/v1/jobs/${JOB_ID}`, refused, refused);
    const text = await cli(['jobs', 'get', JOB_ID], { env });
    expect(text).toEqual({
      code: 3,
      out: '',
      err: 'pallet: No job. [job.not_found]\n  /tasks/0: too long\n  request req_1\n',
    });
    const json = await cli(['jobs', 'get', JOB_ID, '--json'], { env });
    expect([json.code, json.out]).toEqual([3, '']);
    expect(JSON.parse(json.err)).toEqual(refused.body);
  });

  it.each([
    [['jobs', 'ls', '--limit', 'many']],
    [['jobs', 'ls', '--state', 'odd']],
    [['jobs', 'create', '--set', SET_ID]],
    [['run', '--task', 'caption']],
    [['run', 'nothing-here.jpg', '--task', 'caption']],
    [['results', JOB_ID, '--json', '--jsonl']],
    [['dance']],
    [['up', '--port', '70000']],
  ])('a wrong command line %j exits with 2, and sends nothing', async (args) => {
    const { code, err, out } = await cli(args, { env });
    expect([code, out]).toEqual([2, '']);
    expect(err).not.toBe('');
    expect(api.received).toHaveLength(0);
    const json = await cli([...args, '--json'], { env });
    if (args[0] !== 'up') expect(JSON.parse(json.err)).toMatchObject({ exit_code: 2 });
  });

  it('a key that is refused exits with 4, an address without a key too', async () => {
    const wrong = await cli(['jobs', 'ls', '--api-key', 'plt_wrong'], { env });
    expect(wrong.code).toBe(4);
    expect((await cli(['jobs', 'ls', '--url', api.url])).code).toBe(4);
  });

  it('no server says how to get one', async () => {
    const { code, err } = await cli(['jobs', 'ls', '--data', folder]);
    expect(code).toBe(1);
    expect(err).toContain('pallet up');
  });
});

describe('help', () => {
  it('goes to stdout and exits with 0', async () => {
    for (const args of [['--help'], ['run', '--help'], ['jobs', 'wait', '--help']]) {
      const { code, out, err } = await cli(args);
      expect([code, err]).toEqual([0, '']);
      expect(out).toContain('--api-key');
    }
    expect((await cli(['--help'])).out).not.toContain('demo');
    expect((await cli(['--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
