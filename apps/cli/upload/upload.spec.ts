import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PalletClient } from '../client/pallet-client.js';
import { FakeApi, problem } from '../testing/fake-api.js';
import { SET_ID } from '../testing/samples.js';
import { findImageFiles } from './image-file.js';
import { planLoads, uploadAll } from './upload.js';

let folder: string;
let api: FakeApi;
let client: PalletClient;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pallet-upload-'));
  api = await FakeApi.start();
  client = new PalletClient({ url: api.url, apiKey: api.apiKey, pause: async () => undefined });
});
afterEach(async () => {
  await api.stop();
  await rm(folder, { recursive: true });
});

async function place(...names: string[]): Promise<string[]> {
  const paths = names.map((name) => join(folder, name));
  for (const path of paths) {
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(path, path);
  }
  return paths;
}

describe('findImageFiles', () => {
  it('takes the images below a folder in order, named by their path from there', async () => {
    await place('b.JPG', 'a/é "1".png', 'notes.txt', '.git/x.png', '.thumb.jpg', 'a.webp');
    await symlink(join(folder, 'b.JPG'), join(folder, 'link.jpg'));
    await symlink(folder, join(folder, 'loop'));
    const files = await findImageFiles([folder]);
    expect(files.map(({ name }) => name)).toEqual(['a.webp', 'a/é "1".png', 'b.JPG', 'link.jpg']);
  });

  it('takes a file that was named, whatever it is called', async () => {
    const [zip = '', text = ''] = await place('many.zip', 'text.txt');
    const files = await findImageFiles([zip, text]);
    expect(files).toEqual([
      {
        path: zip,
        name: 'many.zip',
        bytes: Buffer.byteLength(zip),
        modifiedMs: expect.any(Number),
      },
      {
        path: text,
        name: 'text.txt',
        bytes: Buffer.byteLength(text),
        modifiedMs: expect.any(Number),
      },
    ]);
  });

  it('refuses a path that is not there and a folder without images', async () => {
    const missing = join(folder, 'none.jpg');
    for (const path of [missing, folder]) {
      await expect(findImageFiles([path])).rejects.toMatchObject({
        code: 'cli.usage',
        message: expect.stringContaining(path),
      });
    }
  });
});

describe('planLoads', () => {
  const sizes = (bytes: number[]) =>
    bytes.map((size) => ({ path: '', name: '', bytes: size, modifiedMs: 0 }));
  const plan = (bytes: number[]) =>
    planLoads(sizes(bytes), 3, 10).map((load) => load.map((file) => file.bytes));

  it('keeps within files and bytes, and sends what is too big alone', () => {
    expect(plan([])).toEqual([]);
    expect(plan([1, 1, 1, 1])).toEqual([[1, 1, 1], [1]]);
    expect(plan([6, 4, 1])).toEqual([[6, 4], [1]]);
    expect(plan([1, 99, 1])).toEqual([[1], [99], [1]]);
  });
});

describe('uploadAll', () => {
  it('sends every file once, over several requests, and adds the reports up', async () => {
    const paths = await place('0.jpg', '1.jpg', 'bad.jpg', '3.jpg', 'deep/é 4.jpg');
    const files = await findImageFiles([folder]);
    const progress: [number, number][] = [];
    const total = await uploadAll(client, SET_ID, files, {
      maxFiles: 2,
      parallel: 2,
      onProgress: (done, all) => progress.push([done, all]),
    });
    expect(total).toMatchObject({ accepted: 4, duplicate: 0, refused: [{ name: 'bad.jpg' }] });
    expect(api.received).toHaveLength(3);
    const sent = api.received.flatMap((request) => request.files);
    const byName = new Map(sent.map(({ name, bytes }) => [name, bytes]));
    expect(byName.size).toBe(5);
    expect(byName.get('deep/é 4.jpg')).toBe(Buffer.byteLength(paths[4] ?? ''));
    expect(progress.at(-1)).toEqual([5, 5]);
  });

  it('sends a load again that was cut off', async () => {
    await place('0.jpg');
    api.answerNext(`/v1/image-sets/${SET_ID}/images`, 'drop');
    const total = await uploadAll(client, SET_ID, await findImageFiles([folder]));
    expect(total.accepted).toBe(1);
    expect(api.received.map((request) => request.files.length)).toEqual([1, 1]);
  });

  it('ends the other requests when one is refused', async () => {
    await place('0.jpg', '1.jpg', '2.jpg', '3.jpg');
    const full = problem({ status: 413, code: 'image_set.full' });
    api.answerNext(`/v1/image-sets/${SET_ID}/images`, full);
    const upload = uploadAll(client, SET_ID, await findImageFiles([folder]), {
      maxFiles: 1,
      parallel: 1,
    });
    await expect(upload).rejects.toMatchObject({ code: 'image_set.full' });
    expect(api.received).toHaveLength(1);
  });

  it('names a file that went away', async () => {
    const [path = ''] = await place('0.jpg');
    const files = await findImageFiles([folder]);
    await rm(path);
    await expect(uploadAll(client, SET_ID, files)).rejects.toMatchObject({
      code: 'cli.unreadable_file',
      message: expect.stringContaining(path),
    });
  });
});
