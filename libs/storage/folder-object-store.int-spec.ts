import { chmod, mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { makeTemporaryDirectory, removeDirectory } from '#testing';
import { describeObjectStore } from './object-store.contract.js';
import { openObjectStore } from './open-object-store.js';

const folders: string[] = [];
async function freshFolder(): Promise<string> {
  const folder = await makeTemporaryDirectory();
  folders.push(folder);
  return folder;
}
afterAll(() => Promise.all(folders.map(removeDirectory)));

describeObjectStore('A folder', async () =>
  openObjectStore(pathToFileURL(join(await freshFolder(), 'new folder')).href),
);

describe('A folder', () => {
  it('shows nothing of a write under way, and leaves nothing of one that failed', async () => {
    const folder = await freshFolder();
    const store = openObjectStore(pathToFileURL(folder).href);
    const body = new PassThrough();
    const writing = store.put('t/a', body, { bytes: 8 });
    body.write('half');
    const incoming = join(folder, '.incoming');
    await expect.poll(() => readdir(incoming).catch(() => [])).toHaveLength(1);
    expect(await store.stat('t/a')).toBeUndefined();
    const keys: string[] = [];
    for await (const { key } of store.list('')) keys.push(key);
    expect(keys).toEqual([]);
    body.end();
    await expect(writing).rejects.toMatchObject({ code: 'storage.length_mismatch' });
    expect(await readdir(incoming)).toEqual([]);
  });

  it('removes what a killed process left unfinished a day ago, and nothing younger', async () => {
    const folder = await freshFolder();
    const incoming = join(folder, '.incoming');
    await mkdir(incoming);
    await writeFile(join(incoming, 'old'), 'half');
    await writeFile(join(incoming, 'young'), 'half');
    const yesterday = Date.now() / 1_000 - 25 * 3_600;
    await utimes(join(incoming, 'old'), yesterday, yesterday);
    await openObjectStore(pathToFileURL(folder).href).check();
    expect(await readdir(incoming)).toEqual(['young']);
  });

  it('says so when it cannot be used', async () => {
    const folder = await freshFolder();
    await writeFile(join(folder, 'file'), '');
    const store = openObjectStore(pathToFileURL(join(folder, 'file', 'below')).href);
    await expect(store.check()).rejects.toMatchObject({ code: 'storage.unavailable' });
  });

  it.runIf(process.getuid?.() !== 0)('says so when it may not be used', async () => {
    const folder = await freshFolder();
    await chmod(folder, 0o500);
    const store = openObjectStore(pathToFileURL(folder).href);
    await expect(store.check()).rejects.toMatchObject({ code: 'storage.denied' });
  });
});
