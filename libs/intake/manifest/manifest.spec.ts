import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openImageGuard } from '../fetch-image.js';
import { manifestChunks } from './manifest-chunks.js';
import type { ReadLine } from './manifest-line.js';
import { readManifest, type ManifestFormat } from './read-manifest.js';

const rules = { guard: openImageGuard('') };

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size);
}

async function read(
  text: string | Buffer,
  format: ManifestFormat = 'jsonl',
  size = 16_384,
  bucket?: string,
): Promise<ReadLine[]> {
  const lines: ReadLine[] = [];
  const source = pieces(Buffer.from(text), size);
  for await (const some of readManifest(source, format, { ...rules, bucket })) lines.push(...some);
  return lines;
}

const jsonl = (...lines: unknown[]): string =>
  lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');
const rows = (lines: readonly ReadLine[]) =>
  lines.flatMap((line) => ('row' in line ? [line.row] : []));
const codes = (lines: readonly ReadLine[]) =>
  lines.map((line) => ('row' in line ? 'row' : `${line.error.line} ${line.error.code}`));

const SHA = 'ab'.repeat(32);

describe('a manifest', () => {
  it('names images by URL, by content, or in a bucket', async () => {
    const lines = jsonl(
      { url: 'https://example.com/cats/caf%C3%A9%201.jpg?sig=secret' },
      { 'source-ref': 's3://my-bucket/a/b.png', custom_id: 'x' },
      { key: 'c/d.png', name: 'other.png', metadata: { camera: '7' } },
      { sha256: SHA.toUpperCase(), prompt: 'caption en' },
      { url: 'http://example.com/', task: { type: 'ocr' } },
    );
    expect(rows(await read(lines, 'jsonl', 16_384, 'my-bucket'))).toEqual([
      {
        line: 1,
        url: 'https://example.com/cats/caf%C3%A9%201.jpg?sig=secret',
        name: 'cats/café 1.jpg',
      },
      { line: 2, key: 'a/b.png', name: 'a/b.png', customId: 'x' },
      { line: 3, key: 'c/d.png', name: 'other.png', metadata: { camera: '7' } },
      {
        line: 4,
        sha256: SHA,
        name: SHA.toUpperCase(),
        tasks: [{ type: 'prompt', prompt: 'caption en' }],
      },
      { line: 5, url: 'http://example.com/', name: 'unnamed', tasks: [{ type: 'ocr' }] },
    ]);
  });

  it('has an error for each line that cannot be used, by its number', async () => {
    const lines = jsonl(
      { url: 'https://example.com/a' },
      '',
      'not json',
      '[1]',
      {},
      { url: 'https://example.com/a', sha256: SHA },
      { url: 'ftp://example.com/a' },
      { url: 'http://169.254.169.254/latest' },
      { url: 'https://user:secret@example.com/a' },
      { url: 'https://example.com:22/' },
      { key: 'a.png' },
      { url: 'https://example.com/a', colour: 'red' },
      { url: 'https://example.com/a', custom_id: 7 },
      { url: 'https://example.com/a', tasks: [{ type: 'guess' }] },
      { url: 'https://example.com/a', task: { type: 'ocr' }, prompt: 'x' },
      { custom_id: 'a', method: 'POST', url: '/v1/chat/completions', body: {} },
      { url: 'https://example.com/a', name: 'x'.repeat(70_000) },
      { sha256: 'abc' },
      { url: 'https://example.com/a', custom_id: 'a\0b' },
    );
    expect(codes(await read(lines))).toEqual([
      'row',
      '3 manifest.invalid_line',
      '4 manifest.invalid_line',
      '5 manifest.invalid_line',
      '6 manifest.invalid_line',
      '7 outgoing.forbidden_url',
      '8 outgoing.forbidden_address',
      '9 outgoing.forbidden_url',
      '10 outgoing.forbidden_url',
      '11 manifest.no_connection',
      '12 manifest.invalid_line',
      '13 manifest.invalid_line',
      '14 manifest.invalid_line',
      '15 manifest.invalid_line',
      '16 manifest.batch_line',
      '17 manifest.unreadable_line',
      '18 manifest.invalid_line',
      '19 manifest.invalid_line',
    ]);
    const broken = Buffer.concat([Buffer.from('{"url":"\xff"}\n', 'latin1'), Buffer.from('\n')]);
    expect(codes(await read(broken))).toEqual(['1 manifest.unreadable_line']);
  });

  it('is the same in whatever pieces it comes', async () => {
    const text = `\uFEFF${jsonl(
      ...Array.from({ length: 40 }, (_, n) => ({ url: `https://example.com/${n}é.png` })),
    )}\r\n`;
    const whole = await read(text);
    expect(whole).toHaveLength(40);
    for (const size of [1, 7, 100]) expect(await read(text, 'jsonl', size)).toEqual(whole);
  });

  it('may be CSV, with its columns in the first line', async () => {
    const csv = [
      'custom_id,url,name,metadata.camera,task,unused',
      'a,https://example.com/a.png,"one, two ""three""",7,"{""type"":""ocr""}",',
      '',
      '"b',
      'c",https://example.com/b.png,,,,',
      'd,https://example.com/"d".png',
      'e,https://example.com/e.png,,,,,too many',
      'f,https://example.com/f.png,,,,red',
      'g,https://example.com/g.png',
      '"h,never closed',
    ].join('\r\n');
    for (const size of [3, 16_384]) {
      const lines = await read(csv, 'csv', size);
      expect(codes(lines)).toEqual([
        'row',
        'row',
        '6 manifest.unreadable_line',
        '7 manifest.invalid_line',
        '8 manifest.invalid_line',
        'row',
        '10 manifest.unreadable_line',
      ]);
      expect(rows(lines)).toEqual([
        {
          line: 2,
          url: 'https://example.com/a.png',
          name: 'one, two "three"',
          customId: 'a',
          metadata: { camera: '7' },
          tasks: [{ type: 'ocr' }],
        },
        { line: 4, url: 'https://example.com/b.png', name: 'b.png', customId: 'b\nc' },
        { line: 9, url: 'https://example.com/g.png', name: 'g.png', customId: 'g' },
      ]);
    }
  });

  it('of any text whatever is read to its end', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 300 }),
        fc.constantFrom<ManifestFormat>('jsonl', 'csv'),
        fc.integer({ min: 1, max: 50 }),
        async (bytes, format, size) => {
          const lines = await read(Buffer.from(bytes), format, size);
          const newlines = bytes.filter((byte) => byte === 0x0a).length;
          expect(lines.length).toBeLessThanOrEqual(newlines + 1);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('chunks of a manifest', () => {
  const lineOf = (line: number, customId?: string): ReadLine => ({
    row: { line, sha256: SHA, name: 'x', ...(customId === undefined ? {} : { customId }) },
  });

  it('tell a custom id that comes twice, near or far, by both lines', async () => {
    const seen = new Map<string, number>();
    async function* lines() {
      yield [lineOf(1, 'a'), lineOf(2, 'b'), lineOf(3, 'a'), lineOf(4)];
      yield Array.from({ length: 1_000 }, (_, n) => lineOf(n + 5, `id ${n}`));
      yield [lineOf(1_005, 'b'), lineOf(1_006), lineOf(1_007, 'b')];
    }
    const chunks = [];
    const claim = async (ids: readonly { customId: string; line: number }[]) => {
      const known = new Map(
        ids.flatMap(({ customId }) => {
          const line = seen.get(customId);
          return line === undefined ? [] : [[customId, line] as const];
        }),
      );
      for (const { customId, line } of ids) if (!seen.has(customId)) seen.set(customId, line);
      return known;
    };
    for await (const chunk of manifestChunks(lines(), claim)) chunks.push(chunk);
    expect(chunks.map((chunk) => chunk.rows.length)).toEqual([499, 500, 5]);
    expect(chunks.flatMap((chunk) => chunk.errors)).toEqual(
      [
        [3, 'a', 1],
        [1_005, 'b', 2],
        [1_007, 'b', 2],
      ].map(([line, id, first]) => ({
        line,
        code: 'manifest.duplicate_custom_id',
        detail: `Line ${line}: The custom id "${id}" is that of line ${first}.`,
      })),
    );
  });
});
