import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '#contracts';
import { verifyEngineFolder, type EngineManifest } from '#paligemma';
import { GOOD_TOKEN, LoopbackHub, OTHER_TOKEN } from '#testing';
import { downloadCheckpoint } from './hub/download-checkpoint.js';
import { hashFor } from './hub/remote-file.js';
import { ModelStore, parseRepository, pullModel, type PullOptions } from './index.js';

const NAME = 'google/tiny';
const WEIGHTS = 'model.safetensors';
const FIXTURES = fileURLToPath(new URL('../../test/fixtures/', import.meta.url));

let hub: LoopbackHub;
let folder: string;
let store: ModelStore;
let pauses: number[];

beforeEach(async () => {
  hub = await LoopbackHub.start();
  folder = await mkdtemp(join(tmpdir(), 'pull-'));
  store = new ModelStore(join(folder, 'models'));
  pauses = [];
});
afterEach(async () => {
  await hub.stop();
  await rm(folder, { recursive: true });
});

async function filesOf(path: string): Promise<Map<string, Buffer>> {
  const names = await readdir(join(FIXTURES, path));
  const read = names.map(
    async (name) => [name, await readFile(join(FIXTURES, path, name))] as const,
  );
  return new Map(await Promise.all(read));
}

const tiny = (): Promise<Map<string, Buffer>> => filesOf('checkpoints/tiny-paligemma');

function pull(text = NAME, options: Partial<PullOptions> = {}): Promise<EngineManifest> {
  return pullModel(store, parseRepository(text), 'mine', {
    precision: 'f32',
    access: { url: hub.url },
    pause: (ms) => {
      pauses.push(ms);
      return Promise.resolve();
    },
    ...options,
  });
}

const code = (expected: string, text = ''): unknown =>
  expect.objectContaining({ code: expected, message: expect.stringContaining(text) });

/** What the CDN was asked for, in order. */
const ranges = (path = WEIGHTS): (string | undefined)[] =>
  hub.requestsOf(path).map(({ range }) => range);

describe('pullModel', () => {
  it('makes a model of a repository, fetches what it needs alone, and leaves no download', async () => {
    const files = await tiny();
    const commit = hub.commit(NAME, new Map([['pytorch_model.bin', Buffer.alloc(9)], ...files]));
    const manifest = await pull();
    expect(manifest.source).toEqual({ name: NAME, revision: commit });
    expect(await verifyEngineFolder(join(store.directory, 'mine'))).toEqual(manifest);
    const resolved = hub.received.filter(({ path }) => path.includes('/resolve/'));
    expect(resolved.map(({ path }) => path.split('/').at(-1)).toSorted()).toEqual([
      'config.json',
      'model.safetensors',
      'special_tokens_map.json',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
    expect(resolved.every(({ path }) => path.includes(commit))).toBe(true);
    expect(await readdir(store.directory)).toEqual(['.downloads', 'mine']);
    expect(await readdir(join(store.directory, '.downloads'))).toEqual([]);
  });

  it('takes shards by their index', async () => {
    hub.commit(NAME, await filesOf('checkpoints/tiny-paligemma-layout-c'));
    await pull();
    expect(ranges('model-00001-of-00002.safetensors')).toEqual(['bytes=0-']);
    expect(ranges('model-00002-of-00002.safetensors')).toEqual(['bytes=0-']);
  });

  it('goes on where a cut connection ended: no byte twice', async () => {
    hub.commit(NAME, await tiny());
    hub.fault(WEIGHTS, {});
    hub.fault(WEIGHTS, { cutAfter: 300_000 });
    const seen: number[] = [];
    await pull(NAME, { onDownload: ({ fetched }) => seen.push(fetched) });
    const total = (await tiny()).get(WEIGHTS)!.length;
    const [first, second] = ranges();
    expect(first).toBe('bytes=0-');
    expect(second).toMatch(/^bytes=[1-9]\d*-$/);
    expect(seen.at(-1)).toBe(total);
    expect(seen).toContain(Number(second?.slice(6, -1)));
  });

  it('goes on after an interrupt, in another run', async () => {
    hub.commit(NAME, await tiny());
    const interrupt = new AbortController();
    const reason = new AppError('cli.interrupted', 'Interrupted.');
    const first = pull(NAME, {
      signal: interrupt.signal,
      onDownload: ({ fetched }) => {
        if (fetched > 0) interrupt.abort(reason);
      },
    });
    await expect(first).rejects.toBe(reason);
    let fetched = 0;
    const manifest = await pull(NAME, { onDownload: (now) => (fetched = now.fetched) });
    const start = Number(ranges()[1]?.slice(6, -1));
    expect(start).toBeGreaterThan(0);
    expect(start + fetched).toBe((await tiny()).get(WEIGHTS)!.length);
    expect(hub.requestsOf('tokenizer.json', 'hub')).toHaveLength(1);
    expect(await verifyEngineFolder(join(store.directory, 'mine'))).toEqual(manifest);
  });

  it('fetches nothing again that a newer commit did not change', async () => {
    hub.commit(NAME, await tiny());
    await pull(NAME, { keepDownload: true });
    await store.remove('mine');
    const moved = hub.commit(NAME, new Map([...(await tiny()), ['README.md', Buffer.from('new')]]));
    expect((await pull()).source.revision).toBe(moved);
    expect(ranges()).toHaveLength(1);
  });

  it('stays with its commit when the branch moves meanwhile', async () => {
    const files = await tiny();
    const commit = hub.commit(NAME, files);
    let moved = false;
    const manifest = await pull(NAME, {
      onDownload: () => {
        if (!moved) hub.commit(NAME, new Map([['config.json', Buffer.from('{}')]]));
        moved = true;
      },
    });
    expect(moved).toBe(true);
    expect(manifest.source.revision).toBe(commit);
  });

  it('takes an older commit by its name', async () => {
    const commit = hub.commit(NAME, await tiny());
    hub.commit(NAME, new Map());
    expect((await pull(`${NAME}@${commit}`)).source.revision).toBe(commit);
  });

  it('removes what arrived damaged, and says so', async () => {
    const files = await tiny();
    hub.commit(NAME, files);
    const damaged = Buffer.from(files.get(WEIGHTS)!);
    damaged[damaged.length - 1]! ^= 1;
    hub.fault(WEIGHTS, {});
    hub.fault(WEIGHTS, { body: damaged });
    await expect(pull()).rejects.toThrow(code('hub.checksum_mismatch', WEIGHTS));
    await pull();
    expect(ranges()).toEqual(['bytes=0-', 'bytes=0-']);
  });

  it('checks small files too, by the checksum that git has of them', async () => {
    hub.commit(NAME, await tiny());
    const config = (await tiny()).get('config.json')!;
    hub.fault('config.json', { body: Buffer.concat([config.subarray(1), Buffer.from(' ')]) });
    await expect(pull()).rejects.toThrow(code('hub.checksum_mismatch', 'config.json'));
  });

  it('tries again what may pass, later each time or when the server says', async () => {
    hub.commit(NAME, await tiny());
    hub.fault('/main', { status: 503 });
    hub.fault('/main', { status: 503 });
    hub.fault('config.json', { status: 429, headers: { 'retry-after': '7' } });
    await pull();
    expect(pauses).toEqual([1_000, 2_000, 7_000]);
  });

  it('goes on with a server that knows no ranges, and keeps what was there', async () => {
    const files = await tiny();
    hub.commit(NAME, files);
    const body = files.get(WEIGHTS)!;
    hub.fault(WEIGHTS, {});
    hub.fault(WEIGHTS, { cutAfter: 300_000 });
    hub.fault(WEIGHTS, {});
    const whole = { status: 200, body, headers: { 'content-length': `${body.length}` } };
    hub.fault(WEIGHTS, whole);
    const manifest = await pull();
    expect(ranges()).toHaveLength(2);
    expect(await verifyEngineFolder(join(store.directory, 'mine'))).toEqual(manifest);
  });

  it('starts no download that the disk has no room for', async () => {
    hub.commit(NAME, await tiny());
    const tried = downloadCheckpoint({
      repository: parseRepository(NAME),
      access: { url: hub.url },
      cache: join(folder, 'cache'),
      extraShare: 1e12,
    });
    await expect(tried).rejects.toThrow(code('hub.no_space', 'Make room'));
    expect(ranges()).toEqual([]);
  });

  it('asks the Hub for a new link when the old one has expired', async () => {
    hub.commit(NAME, await tiny());
    hub.fault(WEIGHTS, {});
    hub.fault(WEIGHTS, { status: 403 });
    await pull();
    expect(hub.requestsOf(WEIGHTS, 'hub')).toHaveLength(2);
  });

  it('gives up in the end, and keeps what it has', async () => {
    hub.commit(NAME, await tiny());
    for (let n = 0; n < 20; n += 1) hub.fault('/main', { status: 500 });
    await expect(pull()).rejects.toThrow(code('hub.failed', '500'));
    expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 16_000]);
  });

  it('gives the token to the Hub, and to no server that it refers to', async () => {
    hub.commit(NAME, await tiny(), { gated: true });
    await pull(NAME, { access: { url: hub.url, token: GOOD_TOKEN } });
    const given = (server: string): Set<string | undefined> =>
      new Set(hub.received.filter((one) => one.server === server).map((one) => one.authorization));
    expect(given('hub')).toEqual(new Set([`Bearer ${GOOD_TOKEN}`]));
    expect(given('cdn')).toEqual(new Set([undefined]));
  });

  it.each([
    [undefined, 'hub.gated', 'make a token'],
    [OTHER_TOKEN, 'hub.gated', 'Accept its licence at'],
    ['hf_wrong', 'hub.token_refused', 'Invalid credentials'],
  ])('says what a gated repository wants, with the token %s', async (token, expected, text) => {
    hub.commit(NAME, await tiny(), { gated: true });
    const error = pull(NAME, { access: { url: hub.url, token } });
    await expect(error).rejects.toThrow(code(expected, text));
    expect(pauses).toEqual([]);
  });

  it.each([
    ['google/nothing', 'hub.repository_not_found', 'google/nothing'],
    [`${NAME}@v9`, 'hub.revision_not_found', '"v9"'],
  ])('says that there is no %s', async (text, expected, part) => {
    hub.commit(NAME, await tiny());
    await expect(pull(text)).rejects.toThrow(code(expected, part));
  });

  it.each([
    [{ 'README.md': '' }, 'no config.json'],
    [{ 'config.json': '{"model_type":"llama"}' }, '"llama"'],
    [{ 'config.json': 'not json' }, '"undefined"'],
    [{ 'config.json': '{"model_type":"paligemma"}', 'tokenizer.json': '' }, WEIGHTS],
    [
      {
        'config.json': '{"model_type":"paligemma"}',
        'tokenizer.json': '',
        'model.safetensors.index.json': '{"weight_map":{"a":"../../x.safetensors"}}',
      },
      '../../x.safetensors',
    ],
  ])('refuses what is no PaliGemma: %j', async (files, reason) => {
    hub.commit(
      NAME,
      new Map(Object.entries(files).map(([path, text]) => [path, Buffer.from(text)])),
    );
    await expect(pull()).rejects.toThrow(code('hub.not_paligemma', reason));
    expect(ranges()).toEqual([]);
  });

  it('downloads nothing for a name that is taken', async () => {
    hub.commit(NAME, await tiny());
    await pull();
    const before = hub.received.length;
    await expect(pull()).rejects.toThrow(code('import.exists', '--name'));
    expect(hub.received).toHaveLength(before);
  });

  it('lets one process at a time download a repository', async () => {
    hub.commit(NAME, await tiny());
    const outcomes = await Promise.allSettled([pull(), pull(), pull()]);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const refused = outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason.code] : []));
    expect(new Set(refused)).toEqual(new Set(['model.busy']));
    expect(ranges()).toHaveLength(1);
  });
});

describe('a repository that is an adapter', () => {
  const adapter = async (base: unknown): Promise<Map<string, Buffer>> => {
    const files = await filesOf('adapters/lora');
    const config = JSON.parse(files.get('adapter_config.json')!.toString('utf8'));
    const text = JSON.stringify({ ...config, base_model_name_or_path: base });
    return new Map([...files, ['adapter_config.json', Buffer.from(text)]]);
  };

  it('is merged into the base model that it names', async () => {
    const commit = hub.commit(NAME, await tiny());
    hub.commit('me/lora', await adapter(NAME));
    const manifest = await pull('me/lora');
    expect(manifest.source).toEqual({ name: NAME, revision: commit });
    expect(manifest.adapter).toMatch(/^me--lora@[0-9a-f]{40}$/);
    const sum = (of: EngineManifest): unknown =>
      of.files.find(({ name }) => name === 'weights.safetensors')?.sha256;
    await store.remove('mine');
    expect(sum(await pull(NAME))).not.toBe(sum(manifest));
    expect(await readdir(join(store.directory, '.downloads'))).toEqual([]);
  });

  it('says what to do when the base model is a folder of its author', async () => {
    hub.commit('me/lora', await adapter('/home/me/base'));
    await expect(pull('me/lora')).rejects.toThrow(code('hub.not_paligemma', '--adapter'));
  });
});

it('a checksum of 40 digits is what git computes of a file', () => {
  // printf hello | git hash-object --stdin
  const checksum = 'b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0';
  const hash = hashFor({ path: 'a', address: '', bytes: 5, checksum });
  expect(hash.update('hello').digest('hex')).toBe(checksum);
});
