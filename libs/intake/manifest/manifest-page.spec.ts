import fc from 'fast-check';
import { expect, it } from 'vitest';
import { openImageGuard } from '../fetch-image.js';
import type { ReadLine } from './manifest-line.js';
import { readManifestPage } from './manifest-page.js';
import { readManifest } from './read-manifest.js';
import { FIRST_PLACE, type LinePlace } from './text-lines.js';

const rules = { guard: openImageGuard(''), bucket: 'photos' };

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size);
}

async function whole(bytes: Buffer): Promise<ReadLine[]> {
  const lines: ReadLine[] = [];
  for await (const some of readManifest(pieces(bytes, 999), 'jsonl', rules)) lines.push(...some);
  return lines;
}

const text = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    'no json',
    '\uFEFF{"key": "bom.png"}',
    `{"key": "${'x'.repeat(70_000)}"}`,
  ),
  fc.string({ unit: 'grapheme' }).map((key) => JSON.stringify({ key: `k${key}` })),
);
const ends = fc.constantFrom('\n', '\r\n');

it('pages of any size, read in pieces of any size, are the whole manifest', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(text, ends), { maxLength: 12 }),
      fc.boolean(),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 40_000 }),
      async (parts, isEnded, mostLines, size) => {
        const all = parts.map(([line, end]) => line + end).join('');
        const bytes = Buffer.from(isEnded ? all : `${all}{"key": "last.png"}`);
        const lines: ReadLine[] = [];
        let from: LinePlace = FIRST_PLACE;
        for (let isLast = false; !isLast;) {
          const rest = pieces(bytes.subarray(from.bytes), size);
          const page = await readManifestPage(rest, from, rules, mostLines);
          expect(page.next.line - from.line).toBeLessThanOrEqual(mostLines);
          lines.push(...page.lines);
          ({ next: from, isLast } = page);
        }
        expect(from.bytes).toBe(bytes.byteLength);
        expect(lines).toEqual(await whole(bytes));
      },
    ),
  );
});

it('reads no further than a page takes', async () => {
  let given = 0;
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (;;) {
      given += 1;
      yield Buffer.from('{"key": "a.png"}\n');
    }
  }
  const page = await readManifestPage(endless(), FIRST_PLACE, rules, 7);
  expect([page.lines.length, page.next.line, page.isLast, given]).toEqual([7, 7, false, 8]);
});
