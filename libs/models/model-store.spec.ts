import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { takeLock } from '#embedded';
import { asDiskProblem } from './disk-problem.js';
import { modelNameFrom } from './model-name.js';
import { ModelStore } from './model-store.js';

const CHECKPOINT = fileURLToPath(
  new URL('../../test/fixtures/checkpoints/tiny-paligemma2', import.meta.url),
);

let directory: string;
let store: ModelStore;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'store-'));
  store = new ModelStore(directory);
});
afterEach(() => rm(directory, { recursive: true }));

async function leftover(name: string): Promise<void> {
  await mkdir(join(directory, `${name}.partial`));
  await writeFile(join(directory, `${name}.partial`, 'weights.safetensors'), 'half');
}

it('removes what a killed import left, of whatever name, and nothing that is being made', async () => {
  await leftover('killed');
  await leftover('alive');
  const outcome = await takeLock(join(directory, '.alive.lock'));
  expect(outcome).toHaveProperty('lock');
  await store.import(CHECKPOINT, 'mine', { precision: 'int8' });
  expect(await readdir(directory)).toEqual(['.alive.lock', 'alive.partial', 'mine']);
});

it('shows models alone: no leftovers, downloads or files', async () => {
  await leftover('killed');
  await mkdir(join(directory, '.downloads'));
  await writeFile(join(directory, 'note.txt'), '');
  expect(await store.list()).toEqual([]);
  expect(await new ModelStore(join(directory, 'none')).list()).toEqual([]);
});

it('leaves a model alone that somebody else is changing', async () => {
  await store.import(CHECKPOINT, 'mine', { precision: 'int8' });
  const outcome = await takeLock(join(directory, '.mine.lock'));
  await expect(store.remove('mine')).rejects.toMatchObject({ code: 'model.busy' });
  if ('lock' in outcome) await outcome.lock.release();
  await store.remove('mine');
  expect(await readdir(directory)).toEqual([]);
});

it.each(['../x', '.x', 'a/b', 'a\\b', '', 'x.partial', 'a b', 'x'.repeat(129)])(
  'takes no model called %j',
  async (name) => {
    await expect(store.get(name)).rejects.toMatchObject({ code: 'model.bad_name' });
    await expect(store.import(CHECKPOINT, name, { precision: 'int8' })).rejects.toMatchObject({
      code: 'model.bad_name',
    });
  },
);

it('calls a model by the last part of what its source is called', () => {
  expect(modelNameFrom('google/paligemma2-3b-mix-224')).toBe('paligemma2-3b-mix-224');
  expect(modelNameFrom('/data/my model (1)/')).toBe('my-model--1-');
  expect(modelNameFrom('..')).toBe('model');
});

it('says what a full disk is, and leaves other errors as they are', () => {
  const full = Object.assign(new Error('write'), { code: 'ENOSPC' });
  expect(asDiskProblem(full, '/data')).toMatchObject({
    code: 'model.not_written',
    message: expect.stringContaining('/data: the disk is full'),
  });
  const other = new Error('bug');
  expect(asDiskProblem(other, '/data')).toBe(other);
});
