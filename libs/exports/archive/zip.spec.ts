import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ExportFile } from '../export-format.js';
import { bytesOf, unzip } from '../read-export-fixture.js';
import { zip, type WrittenFile } from './zip.js';

async function* listed(files: Iterable<ExportFile>): AsyncGenerator<ExportFile> {
  yield* files;
}
const write = (files: Iterable<ExportFile>): Promise<Buffer> =>
  bytesOf(zip(listed(files), async () => undefined));

async function* streamed(
  parts: Iterable<string | Uint8Array>,
): AsyncGenerator<string | Uint8Array> {
  yield* parts;
}

describe('zip', () => {
  it('gives back any files, whole ones and streamed ones', async () => {
    const anyContent = fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.string({ unit: 'grapheme' }));
    const file = fc.record({
      content: anyContent,
      isStreamed: fc.boolean(),
      isPacked: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(file, { maxLength: 8 }), async (files) => {
        const entries = files.map(({ content, isStreamed, isPacked }, n) => ({
          path: `ordner/größe-${n}`,
          content: isStreamed ? streamed([content, content]) : content,
          isPacked,
        }));
        const read = [...(await unzip(await write(entries))).values()];
        const expected = files.map(({ content, isStreamed }) =>
          Buffer.concat(Array(isStreamed ? 2 : 1).fill(Buffer.from(content))),
        );
        expect(read).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  it('tells size and checksum of a file before it asks for the next one', async () => {
    const told: WrittenFile[] = [];
    let asked = 0;
    async function* files(): AsyncGenerator<ExportFile> {
      for (const path of ['a', 'b']) {
        expect(told).toHaveLength(asked);
        asked += 1;
        yield { path, content: streamed([path.repeat(1000)]) };
      }
    }
    await bytesOf(zip(files(), async (file) => void told.push(file)));
    const sha256 = createHash('sha256').update('b'.repeat(1000)).digest('hex');
    expect(told[1]).toEqual({ path: 'b', bytes: 1000, sha256 });
  });

  it('writes more files than a plain zip can count, with its directory on disk', async () => {
    const paths = Array.from({ length: 66_000 }, (_, n) => `labels/some/photo-${n}.txt`);
    const archive = await write(paths.map((path) => ({ path, content: '' })));
    expect([...(await unzip(archive)).keys()]).toEqual(paths);
  });

  it('ends with the error of a content', async () => {
    async function* broken(): AsyncGenerator<string> {
      yield 'x';
      throw new Error('database away');
    }
    await expect(write([{ path: 'a', content: broken() }])).rejects.toThrow('database away');
  });

  it('ends a content whose reader has gone', async () => {
    let end: () => void;
    const ended = new Promise<void>((resolve) => (end = resolve));
    async function* endless(): AsyncGenerator<string> {
      try {
        for (let n = 0; ; n++) yield `${Math.sin(n)}`;
      } finally {
        end();
      }
    }
    let seen = 0;
    for await (const _ of zip(listed([{ path: 'a', content: endless() }]), async () => undefined)) {
      if (++seen === 3) break;
    }
    await ended;
  });
});
