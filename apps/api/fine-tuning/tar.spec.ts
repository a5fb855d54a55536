import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tarBytes, tarOf, type TarEntry } from './tar.js';

const run = promisify(execFile);
const WHEN = new Date('2026-02-03T04:05:06Z');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pallet-tar-'));
});
afterEach(() => rm(folder, { recursive: true }));

const entryOf = (name: string, content: Buffer): TarEntry => ({
  name,
  bytes: content.length,
  open: async () => Readable.from([content.subarray(0, 7), content.subarray(7)]),
});

async function archive(entries: readonly TarEntry[]): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of tarOf(entries, WHEN)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe('tarOf', () => {
  it('is what tar unpacks, for every size round a block, and as long as was said', async () => {
    const contents = [0, 1, 511, 512, 513, 70_000].map((size) => Buffer.alloc(size, `${size}`));
    const entries = contents.map((content) => entryOf(`a/${content.length}.bin`, content));
    const bytes = await archive(entries);
    expect(bytes.length).toBe(tarBytes(entries));
    const path = join(folder, 'all.tar');
    await writeFile(path, bytes);
    await run('tar', ['-xf', path, '-C', folder]);
    for (const content of contents) {
      const file = join(folder, `a/${content.length}.bin`);
      expect((await readFile(file)).equals(content)).toBe(true);
      expect((await stat(file)).mtime).toEqual(WHEN);
    }
  });

  it('can say of a file that it has more than 8 GiB', async () => {
    const bytes = 11_700_000_000;
    const large = { name: 'large', bytes, open: async () => Readable.from([]) };
    const { value: header } = await tarOf([large], WHEN).next();
    const path = join(folder, 'large.tar');
    await writeFile(path, header as Uint8Array);
    // The file itself is not there, which it says too.
    const { stdout } = await run('tar', ['-tvf', path]).catch((error: { stdout: string }) => error);
    expect(stdout).toContain(String(bytes));
    expect(tarBytes([{ bytes }])).toBe(512 + 11_700_000_256 + 1024);
  });

  it('breaks off when a file is shorter or longer than it says', async () => {
    for (const bytes of [9, 11]) {
      const entry = { ...entryOf('a', Buffer.alloc(10)), bytes };
      await expect(archive([entry])).rejects.toThrow(`a has not the ${bytes} bytes`);
    }
  });

  it('lets a file go when nobody reads on', async () => {
    const content = Readable.from([Buffer.alloc(10), Buffer.alloc(10)]);
    const reader = Readable.from(
      tarOf([{ name: 'a', bytes: 20, open: async () => content }], WHEN),
    );
    for await (const chunk of reader) if ((chunk as Buffer).length === 10) break;
    expect(content.destroyed).toBe(true);
  });
});
