import { createHash, randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { imageTooLarge } from '../refusal.js';
import { spool } from '../spool.js';
import { isArchive, readArchive, type ArchiveLimits } from './read-archive.js';
import { craftTar, paxEntry, type CraftedTarEntry } from './tar-fixture.js';
import { craftZip } from './zip-fixture.js';

const MIB = 1_048_576;
const LIMITS: ArchiveLimits = { imageBytes: 4 * MIB, zipEntries: 20, zipRatio: 100 };

const png = (bytes = 300): Buffer =>
  Buffer.concat([Buffer.from('\x89PNG\r\n\x1A\n', 'latin1'), randomBytes(bytes)]);

const kept = (bytes: Buffer): string =>
  `${bytes.byteLength} ${createHash('sha256').update(bytes).digest('hex')}`;

/** What a reader sees of an archive that comes in pieces of `piece` bytes: a code, or its length and hash. */
async function read(archive: Buffer, piece = 65_536, limits = LIMITS) {
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < archive.byteLength; at += piece) yield archive.subarray(at, at + piece);
  }
  const most = { bytes: 100 * MIB, refusal: imageTooLarge(0) };
  const file = await spool(pieces(), () => most, { drain: false });
  expect(isArchive(file.head)).toBe(true);
  const seen: Record<string, string> = {};
  try {
    for await (const found of readArchive(file, 'set.tar', limits)) {
      if ('refused' in found) seen[found.name] = found.refused.code;
      else {
        seen[found.name] = `${found.file.bytes} ${found.file.sha256}`;
        await found.file.dispose();
      }
    }
  } finally {
    await file.dispose();
  }
  return seen;
}

describe('a tar archive', () => {
  const long = `${'deep/'.repeat(30)}long.png`;
  const entries = [
    { name: './cats/', bytes: Buffer.alloc(0), type: '5' },
    { name: './cats/good.png', bytes: png(), form: 'v7' },
    { name: '._good.png', bytes: Buffer.from('\0\x05\x16\x07') },
    { name: 'large.png', bytes: png(2 * MIB) },
    { name: '././@LongLink', bytes: Buffer.from(`${long}\0`), type: 'L' },
    { name: 'cut', bytes: png() },
    paxEntry({ path: 'pax/ümlaut.png', mtime: '1' }),
    { name: 'other', bytes: png() },
    { name: '../up.png', bytes: png() },
    { name: '/etc/cron.d/x.png', bytes: png() },
    { name: 'C:\\windows\\x.png', bytes: png() },
    { name: 'soft.png', bytes: Buffer.alloc(0), type: '2' },
    { name: 'hard.png', bytes: Buffer.alloc(0), type: '1' },
    { name: 'pipe.png', bytes: Buffer.alloc(0), type: '6' },
    { name: 'huge.png', bytes: png(5 * MIB) },
    { name: 'inner.tar', bytes: craftTar([{ name: 'x.png', bytes: png() }]) },
    { name: 'inner.zip', bytes: craftZip([{ name: 'x.png', bytes: png() }]) },
    { name: 'last.png', bytes: png() },
  ] satisfies CraftedTarEntry[];

  it.each([
    ['plain', (bytes: Buffer) => bytes, 65_536],
    ['packed', gzipSync, 65_536],
    ['in small pieces', (bytes: Buffer) => bytes, 700],
  ])('gives its files and a reason for each other entry (%s)', async (_, pack, piece) => {
    const seen = await read(pack(craftTar(entries)), piece);
    expect(seen).toEqual({
      'cats/good.png': kept(entries[1]!.bytes),
      'large.png': kept(entries[3]!.bytes),
      [long]: kept(entries[5]!.bytes),
      'pax/ümlaut.png': kept(entries[7]!.bytes),
      '../up.png': 'tar.unsafe_name',
      '/etc/cron.d/x.png': 'tar.unsafe_name',
      'C:/windows/x.png': 'tar.unsafe_name',
      'soft.png': 'tar.not_a_file',
      'hard.png': 'tar.not_a_file',
      'pipe.png': 'tar.not_a_file',
      'huge.png': 'image.too_large',
      'inner.tar': 'tar.nested',
      'inner.zip': 'tar.nested',
      'last.png': kept(entries[17]!.bytes),
    });
  });

  const good = { name: 'good.png', bytes: png() };

  it('that is damaged gives what came before, and one reason', async () => {
    const whole = craftTar([good, good]);
    const broken = { 'good.png': kept(good.bytes), 'set.tar': 'tar.broken' };
    const packed = gzipSync(craftTar([good, { name: 'big.png', bytes: png(MIB) }]));
    expect(await read(whole.subarray(0, 1_700))).toEqual(broken);
    expect(await read(packed.subarray(0, -50_000))).toEqual(broken);
    expect(await read(craftTar([good, { ...good, checksum: 7 }]))).toEqual(broken);
    const endless = { name: 'x.png', bytes: png(), declaredBytes: 2 ** 50 };
    expect(await read(craftTar([good, endless]))).toEqual({
      ...broken,
      'x.png': 'image.too_large',
    });
    const name = { name: 'x', bytes: Buffer.alloc(100_000, 'a'), type: 'L' };
    expect(await read(craftTar([good, name, good]))).toEqual(broken);
    expect(await read(gzipSync(Buffer.from('no tar at all')))).toEqual({ 'set.tar': 'tar.broken' });
  });

  it('without its end blocks is whole', async () => {
    expect(await read(craftTar([good], 0))).toEqual({ 'good.png': kept(good.bytes) });
  });

  it('with too many entries, or too dense, ends there', async () => {
    const many = Array.from({ length: 21 }, (_, n) => ({ name: `${n}.png`, bytes: png() }));
    const seen = await read(craftTar(many));
    expect(Object.keys(seen)).toHaveLength(21);
    expect(seen['set.tar']).toBe('tar.too_many_entries');
    const zeros = Array.from({ length: 3 }, (_, n) => ({
      name: `${n}.png`,
      bytes: Buffer.concat([png(), Buffer.alloc(3 * MIB)]),
    }));
    const bomb = await read(gzipSync(craftTar(zeros)));
    expect(bomb['set.tar']).toBe('tar.ratio');
    expect(bomb['2.png']).toBeUndefined();
  });

  it('of any bytes whatever is read to an end', async () => {
    const whole = craftTar(entries.slice(0, 8));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(4_000), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        async (changes) => {
          const bytes = Buffer.from(whole);
          for (const [at, value] of changes) bytes[at + 512] = value;
          const seen = await read(bytes, 4_096);
          for (const found of Object.values(seen)) {
            expect(found).toMatch(/^(tar\.|image\.|\d+ [0-9a-f]{64}$)/);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});
