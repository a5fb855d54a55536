import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { isWellFormedApiKey } from '#contracts';
import { ensureApiKey, ensureSecretsKey, openDataFolder } from './data-folder.js';
import { chooseModel } from './model-choice.js';
import { planServices } from './service-plan.js';

let parent: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'pallet-folder-'));
});
afterEach(() => rm(parent, { recursive: true }));

it('makes one key, keeps it, and keeps it from other users', async () => {
  const folder = await openDataFolder(join(parent, 'new', 'data'));
  const key = await ensureApiKey(folder);
  expect(isWellFormedApiKey(key)).toBe(true);
  expect(await ensureApiKey(await openDataFolder(folder.path))).toBe(key);
  expect((await stat(join(folder.path, 'credentials.json'))).mode & 0o777).toBe(0o600);
  const secretsKey = await ensureSecretsKey(folder);
  expect(Buffer.from(secretsKey, 'base64')).toHaveLength(32);
  expect(await ensureSecretsKey(folder)).toBe(secretsKey);
  expect((await stat(join(folder.path, 'secrets.key'))).mode & 0o777).toBe(0o600);
  expect((await stat(join(folder.path, 'objects'))).mode & 0o777).toBe(0o700);
});

it('does not replace a damaged key without a word', async () => {
  const folder = await openDataFolder(parent);
  await writeFile(join(parent, 'credentials.json'), '{"apiKey":"plt_short"}');
  await expect(ensureApiKey(folder)).rejects.toMatchObject({ code: 'cli.credentials_damaged' });
});

it('gives every process its environment and passes tuning variables on', async () => {
  const folder = await openDataFolder(join(parent, 'with space'));
  const plans = planServices({
    folder,
    apiKey: 'plt_x',
    secretsKey: 'sealing',
    port: 8700,
    model: chooseModel(undefined, parent),
    databaseUrl: 'postgres://db',
    queueUrl: 'redis://queue',
    env: { LOG_LEVEL: 'debug', DATABASE_URL: 'postgres://of-another-program' },
  });
  for (const { env } of Object.values(plans)) {
    expect(env).toMatchObject({ LOG_LEVEL: 'debug', DATABASE_URL: 'postgres://db' });
    expect(env['STORAGE_URL']).toBe(`file://${parent}/with%20space/objects`);
  }
  expect(plans.api.env).toMatchObject({ HOST: '127.0.0.1', PORT: '8700' });
  expect(plans.worker.env['MODEL_NOTE']).toContain('demo');
  expect(plans.worker.env).not.toHaveProperty('BOOTSTRAP_API_KEY');
  for (const { env } of [plans.api, plans.dispatcher]) expect(env['SECRETS_KEY']).toBe('sealing');
  expect(plans.worker.env).not.toHaveProperty('SECRETS_KEY');
});

it('names a model after its folder and refuses a folder without a checkpoint', async () => {
  await writeFile(join(parent, 'config.json'), '{}');
  expect(chooseModel(parent, parent)).toMatchObject({
    directory: parent,
    name: parent.split('/').pop(),
  });
  expect(chooseModel(parent, parent, 'mine')).toEqual({ directory: parent, name: 'mine' });
  expect(() => chooseModel(join(parent, 'none'), parent)).toThrow(/config\.json/);
});

it('finds an imported model by its name', async () => {
  const directory = join(parent, 'models', 'mine');
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'config.json'), '{}');
  expect(chooseModel('mine', parent)).toEqual({ directory, name: 'mine' });
});
