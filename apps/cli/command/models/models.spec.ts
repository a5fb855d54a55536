import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '#contracts';
import { cli } from '../../testing/captured.js';
import { FakeApi } from '../../testing/fake-api.js';

const CHECKPOINT = fileURLToPath(
  new URL('../../../../test/fixtures/checkpoints/tiny-paligemma2', import.meta.url),
);

let folder: string;
let env: NodeJS.ProcessEnv;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pallet-models-'));
  env = { PALLET_DATA: folder };
});
afterEach(() => rm(folder, { recursive: true }));

const models = (...args: string[]) => cli(['models', ...args], { env });

describe('pallet models', () => {
  it('imports a folder, lists it, verifies it and removes it', async () => {
    const imported = await models('import', CHECKPOINT, '--name', 'mine');
    expect(imported).toMatchObject({ code: 0, out: 'mine\n' });
    expect(imported.err).toContain('pallet up --model mine');

    const { out } = await models('ls', '--json');
    expect(JSON.parse(out)).toMatchObject({
      data: [{ name: 'mine', family: 'paligemma2', precision: 'int8', source: 'tiny-paligemma2' }],
    });
    expect((await models('ls')).out).toMatch(/^mine +paligemma2 +\d+ px +int8 /m);

    expect(await models('verify', 'mine')).toMatchObject({ code: 0 });
    expect(await models('rm', 'mine')).toMatchObject({ code: 0 });
    expect((await models('ls', '--json')).out).toContain('"data": []');
    expect(await readdir(join(folder, 'models'))).toEqual([]);
  });

  it('lists what a running system serves beside what is imported', async () => {
    const api = await FakeApi.start();
    env = { ...env, PALLET_URL: api.url, PALLET_API_KEY: api.apiKey };
    await models('import', CHECKPOINT, '--precision', 'f32');
    const { data } = JSON.parse((await models('ls', '--json')).out) as { data: { name: string }[] };
    expect(data.map(({ name }) => name).toSorted()).toEqual(['tiny', 'tiny-paligemma2']);
    await api.stop();
  });

  it('says that a model is damaged, and verify says which file', async () => {
    await models('import', CHECKPOINT, '--name', 'mine');
    await writeFile(join(folder, 'models', 'mine', 'tokenizer.json'), '{}');
    const { code, err } = await models('verify', 'mine');
    expect(code).toBe(1);
    expect(err).toMatch(/tokenizer\.json is not as it was imported.*engine_folder\.changed/);
  });

  it.each<[string[], number, string]>([
    [['import', '/nowhere'], 1, 'checkpoint.incomplete'],
    [['import', CHECKPOINT, '--name', '../x'], 2, 'model.bad_name'],
    [['import', CHECKPOINT, '--precision', 'f8'], 2, 'f8'],
    [['verify', 'none'], 3, 'model.not_found'],
    [['rm', 'none'], 3, 'model.not_found'],
  ])('%j exits with %i and says %s', async (args, expected, text) => {
    const { code, err } = await models(...args);
    expect(code).toBe(expected);
    expect(err).toContain(text);
  });

  it('does not overwrite a model', async () => {
    await models('import', CHECKPOINT);
    expect(await models('import', CHECKPOINT)).toMatchObject({ code: 5 });
  });

  it('lets one of two at a time import the same name', async () => {
    const both = await Promise.all([models('import', CHECKPOINT), models('import', CHECKPOINT)]);
    expect(both.map(({ code }) => code).toSorted((a, b) => a - b)).toEqual([0, 5]);
    expect(await models('verify', 'tiny-paligemma2')).toMatchObject({ code: 0 });
  });

  it('takes over the lock of a process that died', async () => {
    await models('import', CHECKPOINT, '--name', 'first');
    // No process has this number: it is above the kernel's largest.
    await writeFile(join(folder, 'models', '.mine.lock'), '4194305');
    expect(await models('import', CHECKPOINT, '--name', 'mine')).toMatchObject({ code: 0 });
  });

  it('leaves nothing behind when it is interrupted', async () => {
    const controller = new AbortController();
    controller.abort(new AppError('cli.interrupted', 'Interrupted.'));
    const { code } = await cli(['models', 'import', CHECKPOINT], {
      env,
      signal: controller.signal,
    });
    expect(code).toBe(130);
    expect(await readdir(join(folder, 'models'))).toEqual([]);
  });
});
