import { createHash, randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { SNIFF_BYTES } from '#contracts';
import { RefusedFileError, spool, type SpooledFile } from './spool.js';
import { BLOCK_BYTES, MOST_IN_MEMORY_BYTES } from './spool-memory.js';

const limit = { bytes: 40_000_000, refusal: { code: 'too.large', detail: 'Too large.' } };

async function* pieces(content: Buffer, bytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.byteLength; at += bytes) yield content.subarray(at, at + bytes);
}

const spoolOf = (content: Buffer, bytes = 50_000, most = limit): Promise<SpooledFile> =>
  spool(pieces(content, bytes), () => most, { drain: true });

async function sent(file: SpooledFile): Promise<Buffer> {
  let found!: Buffer;
  await file.send(async (body) => {
    found = body instanceof Readable ? await buffer(body) : Buffer.concat(body);
  });
  return found;
}

const sha256 = (content: Buffer): string => createHash('sha256').update(content).digest('hex');

describe('a spooled file', () => {
  it.each([
    0,
    1,
    BLOCK_BYTES,
    BLOCK_BYTES + 1,
    3_000_000,
    MOST_IN_MEMORY_BYTES,
    MOST_IN_MEMORY_BYTES + 1,
    9_000_000,
  ])('of %i bytes is what was sent, with its hash and its first bytes', async (bytes) => {
    const content = randomBytes(bytes);
    const file = await spoolOf(content);
    const head = content.subarray(0, SNIFF_BYTES);
    expect([file.bytes, file.sha256]).toEqual([bytes, sha256(content)]);
    expect(sha256(Buffer.from(file.head))).toBe(sha256(head));
    expect('disk' in file.content).toBe(bytes > MOST_IN_MEMORY_BYTES);
    expect(sha256(await sent(file))).toBe(file.sha256);
    expect(sha256(await buffer(file.stream()))).toBe(file.sha256);
    await file.dispose();
  });

  it('keeps its bytes while others take the memory of those that are done', async () => {
    const held = await Promise.all(
      Array.from({ length: 12 }, async (_, n) => {
        for (let turn = 0; turn < 3; turn += 1)
          await (await spoolOf(randomBytes(900_000))).dispose();
        const content = randomBytes(500_000 + n * 100_001);
        return { content, file: await spoolOf(content, 7_777) };
      }),
    );
    for (const { content, file } of held) {
      expect(sha256(await sent(file))).toBe(sha256(content));
      await file.dispose();
    }
  });

  it('of a zip archive is in one piece, or on disk', async () => {
    const zip = (bytes: number) => Buffer.concat([Buffer.from('PK\x03\x04'), randomBytes(bytes)]);
    const [small, large] = [await spoolOf(zip(1_000)), await spoolOf(zip(200_000), 1_000)];
    expect('memory' in small.content && small.content.memory).toHaveLength(1);
    expect('disk' in large.content).toBe(true);
    await small.dispose();
    await large.dispose();
  });

  it('finds no more memory when others hold all of it, and waits on disk', async () => {
    const content = randomBytes(MOST_IN_MEMORY_BYTES);
    const files: SpooledFile[] = [];
    do files.push(await spoolOf(content, 1_000_000));
    while ('memory' in files.at(-1)!.content);
    const tiny = await spoolOf(Buffer.from('GIF89a and more'), 3);
    expect('disk' in tiny.content).toBe(true);
    expect(Buffer.from(tiny.head).toString()).toBe('GIF89a and more');
    expect((await sent(tiny)).toString()).toBe('GIF89a and more');
    for (const file of [...files, tiny]) await file.dispose();
    const again = await spoolOf(content);
    expect('memory' in again.content).toBe(true);
    await again.dispose();
  });

  it('waits for the memory of a file that is on its way to the store', async () => {
    const content = randomBytes(MOST_IN_MEMORY_BYTES);
    const files: SpooledFile[] = [];
    do files.push(await spoolOf(content, 1_000_000));
    while ('memory' in files.at(-1)!.content);
    let arrive!: () => void;
    const leaving = files[0]!.send(() => new Promise((resolve) => (arrive = resolve)));
    const waiting = spoolOf(content);
    arrive();
    await leaving;
    await files[0]!.dispose();
    const file = await waiting;
    expect('memory' in file.content).toBe(true);
    for (const other of [...files, file]) await other.dispose();
  });

  it('that could not be stored gives its memory to no other', async () => {
    const file = await spoolOf(Buffer.alloc(1_000, 7));
    const memory = 'memory' in file.content ? file.content.memory[0]! : Buffer.alloc(0);
    await expect(file.send(() => Promise.reject(new Error('gone')))).rejects.toThrow('gone');
    await file.dispose();
    const others = await Promise.all(
      Array.from({ length: 20 }, () => spoolOf(Buffer.alloc(1_000))),
    );
    expect(memory.every((byte) => byte === 7)).toBe(true);
    for (const other of others) await other.dispose();
  });

  it('over its limit is refused and gives its memory back, in memory and on disk', async () => {
    for (let turn = 0; turn < 20; turn += 1) {
      const most = { ...limit, bytes: turn % 2 === 0 ? 100_000 : 8_500_000 };
      await expect(spoolOf(randomBytes(9_000_000), 500_000, most)).rejects.toThrow(
        RefusedFileError,
      );
    }
    const file = await spoolOf(randomBytes(MOST_IN_MEMORY_BYTES));
    expect('memory' in file.content).toBe(true);
    await file.dispose();
  });
});
