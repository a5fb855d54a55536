import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { AppError } from '#contracts';
import { GOOD_TOKEN, LoopbackHub, OTHER_TOKEN } from '#testing';
import { Captured, cli } from '../../testing/captured.js';

const CHECKPOINT = fileURLToPath(
  new URL('../../../../test/fixtures/checkpoints/tiny-paligemma2', import.meta.url),
);
const NAME = 'google/tiny-2';

let hub: LoopbackHub;
let folder: string;
let env: NodeJS.ProcessEnv;
let commit: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pallet-pull-'));
  hub = await LoopbackHub.start();
  const files = (await readdir(CHECKPOINT)).map(
    async (name) => [name, await readFile(join(CHECKPOINT, name))] as const,
  );
  commit = hub.commit(NAME, new Map(await Promise.all(files)), { gated: true });
  env = { PALLET_DATA: folder, HOME: folder, HF_ENDPOINT: hub.url, HF_TOKEN: GOOD_TOKEN };
});
afterEach(async () => {
  await hub.stop();
  await rm(folder, { recursive: true });
});

const pull = (...args: string[]) => cli(['models', 'pull', ...args], { env });

it('downloads and imports a model, which `models ls` then shows with its commit', async () => {
  const { code, out, err } = await pull(NAME);
  expect([code, out]).toEqual([0, 'tiny-2\n']);
  expect(err.match(/Gemma Terms of Use/g)).toHaveLength(1);
  expect(err).toMatch(/downloading google\/tiny-2 MB 1\/1 \| \d+\.\d MB\/s\nconverting MB 1\/1\n/);
  expect(err).toContain('pallet up --model tiny-2');
  const listed = await cli(['models', 'ls', '--json'], { env });
  expect(JSON.parse(listed.out)).toMatchObject({
    data: [{ name: 'tiny-2', precision: 'int8', source: `${NAME}@${commit}` }],
  });
});

it('writes one JSON document with --json, and takes name and precision', async () => {
  const { out } = await pull(`${NAME}@${commit}`, '--name', 'x', '--precision', 'f16', '--json');
  expect(JSON.parse(out)).toMatchObject({
    name: 'x',
    precision: 'f16',
    source: { name: NAME, revision: commit },
  });
});

it('keeps the download when it is told to', async () => {
  await pull(NAME, '--keep-download');
  expect(await readdir(join(folder, 'models', '.downloads'))).toContain('google--tiny-2');
});

it('ends with 130 on an interrupt, and the second run goes on', async () => {
  const interrupt = new AbortController();
  const stderr = Object.assign(new Captured(), { isTTY: true, columns: 100 });
  const still = (): boolean => true;
  Object.assign(stderr, { cursorTo: still, moveCursor: still, clearLine: still });
  stderr._write = function (chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString('utf8');
    // The bar of the download is drawn: its first bytes are here.
    if (this.text.includes('downloading')) {
      interrupt.abort(new AppError('cli.interrupted', 'Interrupted.'));
    }
    done();
  };
  const first = await cli(['models', 'pull', NAME], { env, stderr, signal: interrupt.signal });
  expect(first.code).toBe(130);
  expect(stderr.text).toContain('goes on with it');
  const second = await pull(NAME);
  expect(second.code).toBe(0);
  expect(hub.requestsOf('tokenizer.json', 'hub')).toHaveLength(1);
});

it.each([
  [['no-owner'], GOOD_TOKEN, 2, 'hub.bad_repository'],
  [[NAME, '--hub-url', 'nowhere'], GOOD_TOKEN, 2, 'hub.bad_address'],
  [[NAME, '--name', '.x'], GOOD_TOKEN, 2, 'model.bad_name'],
  [['google/none'], GOOD_TOKEN, 3, 'hub.repository_not_found'],
  [[`${NAME}@none`], GOOD_TOKEN, 3, 'hub.revision_not_found'],
  [[NAME], undefined, 4, 'hub.gated'],
  [[NAME], OTHER_TOKEN, 4, 'hub.gated'],
  [[NAME, '--token', 'hf_wrong'], GOOD_TOKEN, 4, 'hub.token_refused'],
])('%j with the token %s exits with %i and says %s', async (args, token, expected, text) => {
  env['HF_TOKEN'] = token;
  const { code, out, err } = await pull(...args);
  expect([code, out]).toEqual([expected, '']);
  expect(err).toContain(`[${text}]`);
  expect(await readdir(join(folder, 'models')).catch(() => [])).not.toContain('tiny-2');
});
