import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { untar } from './untar.js';

const run = promisify(execFile);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pallet-untar-'));
  await mkdir(join(folder, 'in', 'deep'), { recursive: true });
});
afterEach(() => rm(folder, { recursive: true }));

const write = (name: string, content: string): Promise<void> =>
  writeFile(join(folder, 'in', name), content);

/** Made by the system's tar. */
async function archive(...names: readonly string[]): Promise<Buffer> {
  const path = join(folder, 'all.tar');
  await run('tar', ['--format=ustar', '-cf', path, '-C', join(folder, 'in'), ...names]);
  return readFile(path);
}

async function* chunksOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const unpack = (bytes: Uint8Array, size = 1000): Promise<string[]> =>
  untar(chunksOf(bytes, size), join(folder, 'out'));

describe('untar', () => {
  it.each([1, 100, 512, 1_000_000])('unpacks what comes in chunks of %i', async (size) => {
    const contents = { empty: '', 'deep/block': 'b'.repeat(512), more: 'm'.repeat(1300) };
    for (const [name, content] of Object.entries(contents)) await write(name, content);
    const bytes = await archive(...Object.keys(contents));
    expect(await unpack(bytes, size)).toEqual(Object.keys(contents));
    for (const [name, content] of Object.entries(contents)) {
      expect(await readFile(join(folder, 'out', name), 'utf8')).toBe(content);
    }
  });

  it('tells how much of it came', async () => {
    await write('a', 'a'.repeat(5000));
    const bytes = await archive('a');
    const told: number[] = [];
    await untar(chunksOf(bytes, 1000), join(folder, 'out'), (came) => told.push(came));
    expect(told.at(-1)).toBe(bytes.length);
    expect(told).toEqual(told.toSorted((a, b) => a - b));
  });

  it('says so when it is cut off', async () => {
    await write('a', 'a'.repeat(5000));
    const bytes = await archive('a');
    for (const end of [100, 3000, 5632]) {
      await rm(join(folder, 'out'), { recursive: true, force: true });
      await expect(unpack(bytes.subarray(0, end))).rejects.toMatchObject({
        code: 'cli.bad_archive',
        message: expect.stringContaining('cut off'),
      });
    }
  });

  it('writes plain files below the folder and nothing else', async () => {
    await write('name', 'x');
    await write('.hidden', 'x');
    await symlink('/etc', join(folder, 'in', 'link'));
    const good = await archive('name');
    const renamed = (name: string): Buffer => {
      const bytes = Buffer.from(good);
      bytes.fill(0, 0, 100).write(name, 0);
      bytes.write('        ', 148);
      const sum = bytes.subarray(0, 512).reduce((all, byte) => all + byte, 0);
      bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
      return bytes;
    };
    expect(await unpack(renamed('other'))).toEqual(['other']);
    const bad = [await archive('link'), await archive('deep'), await archive('.hidden')];
    bad.push(...['../name', '/name', 'a/../../name', 'a//b'].map(renamed));
    for (const bytes of bad) {
      await expect(unpack(bytes)).rejects.toMatchObject({ code: 'cli.bad_archive' });
    }
    expect((await readdir(folder)).toSorted()).toEqual(['all.tar', 'in', 'out']);
    expect(await readdir(join(folder, 'out'))).toEqual(['other']);
  });

  it('refuses what is no archive', async () => {
    await expect(unpack(Buffer.alloc(2000, 'x'))).rejects.toThrow('its checksums are wrong');
  });
});
