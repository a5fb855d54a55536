import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findConnection, getConnection } from './connection.js';
import { removeSystemFile, writeSystemFile } from './system-file.js';

let data: string;
const local = { url: 'http://127.0.0.1:8700', apiKey: 'local', pids: { up: process.pid } };

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'pallet-data-'));
});
afterEach(() => rm(data, { recursive: true }));

it('prefers flags to the environment and both to the system in the data folder', async () => {
  await writeSystemFile(data, local);
  const env = { PALLET_URL: 'http://env', PALLET_API_KEY: 'env-key' };
  expect(await findConnection({ data }, {})).toEqual({ url: local.url, apiKey: 'local' });
  expect(await findConnection({ data }, env)).toEqual({ url: 'http://env', apiKey: 'env-key' });
  expect(await findConnection({ data, url: 'http://flag', apiKey: 'flag-key' }, env)).toEqual({
    url: 'http://flag',
    apiKey: 'flag-key',
  });
});

it('does not send the key of another server to the system in the data folder', async () => {
  await writeSystemFile(data, local);
  const env = { PALLET_API_KEY: 'key of another server', PALLET_DATA: data };
  expect(await findConnection({}, env)).toMatchObject({ apiKey: 'local' });
});

it('finds the demo below the data folder', async () => {
  await mkdir(join(data, 'demo'));
  await writeSystemFile(join(data, 'demo'), local);
  expect(await findConnection({ data }, {})).toMatchObject({ url: local.url });
});

it('takes no system that has ended', async () => {
  // The largest process id of Linux is 4194304.
  await writeSystemFile(data, { ...local, pids: { up: 4_194_305 } });
  expect(await findConnection({ data }, {})).toBeUndefined();
  await writeSystemFile(data, local);
  await removeSystemFile(data);
  expect(await findConnection({ data }, {})).toBeUndefined();
  await expect(getConnection({ data }, {})).rejects.toMatchObject({ code: 'cli.no_server' });
});

it('refuses an address that is none', async () => {
  await expect(findConnection({ url: 'pallet:8700', apiKey: 'x' }, {})).rejects.toMatchObject({
    code: 'cli.usage',
  });
});

it('keeps the file with the key from other users', async () => {
  await writeSystemFile(data, local);
  expect((await stat(join(data, 'system.json'))).mode & 0o777).toBe(0o600);
});
