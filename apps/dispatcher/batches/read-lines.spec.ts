import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readLines, type InputLine } from './read-lines.js';

async function* cut(text: string, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

async function linesOf(text: string, sizes: number[], most = 1_000): Promise<InputLine[]> {
  const lines: InputLine[] = [];
  for await (const line of readLines(cut(text, sizes), { bytes: 0, lines: 0 }, most)) {
    lines.push(line);
  }
  return lines;
}

const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 });
const text = fc.string({ unit: fc.constantFrom('a', 'é', '\n', '😀'), maxLength: 60 });

describe('readLines', () => {
  it('gives the lines, however the text is cut', async () => {
    await fc.assert(
      fc.asyncProperty(text, sizes, async (whole, cuts) => {
        const expected = whole.split('\n');
        if (expected.at(-1) === '') expected.pop();
        const lines = await linesOf(whole, cuts);
        expect(lines.map((line) => line.text)).toEqual(expected);
        expect(lines.map((line) => line.number)).toEqual(expected.map((_, n) => n + 1));
      }),
    );
  });

  it('can go on after any line as if it had never stopped', async () => {
    await fc.assert(
      fc.asyncProperty(text, sizes, fc.nat(20), async (whole, cuts, stop) => {
        const all = await linesOf(whole, cuts);
        const last = all[Math.min(stop, all.length - 1)];
        if (last === undefined) return;
        const rest = Buffer.from(whole).subarray(last.end).toString();
        const from = { bytes: last.end, lines: last.number };
        const after: InputLine[] = [];
        for await (const line of readLines(cut(rest, cuts), from, 1_000)) after.push(line);
        expect(after).toEqual(all.slice(last.number));
      }),
    );
  });

  it('lets go of a line that is too long, and goes on', async () => {
    const lines = await linesOf(`ab\n${'x'.repeat(50)}\ncd`, [7], 10);
    expect(lines.map((line) => line.text)).toEqual(['ab', undefined, 'cd']);
  });

  it('leaves out a byte order mark', async () => {
    expect((await linesOf('\uFEFFa\n', [9]))[0]?.text).toBe('a');
  });
});
