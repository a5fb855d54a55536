import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readLines } from './lines.js';

async function linesOf(bytes: Uint8Array, cuts: readonly number[]): Promise<string[]> {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].toSorted(
    (a, b) => a - b,
  );
  async function* chunks() {
    for (const [index, from] of places.entries()) yield bytes.subarray(from, places[index + 1]);
  }
  const lines: string[] = [];
  for await (const line of readLines(chunks())) lines.push(line);
  return lines;
}

const text = fc.array(fc.stringMatching(/^[a-zäß猫"{} ]{0,8}$/u), { minLength: 1, maxLength: 8 });

describe('lines of a file', () => {
  it('are the same wherever its bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(text, fc.array(fc.nat(200)), async (lines, cuts) => {
        const whole = lines.map((line) => `${line}\n`).join('');
        expect(await linesOf(Buffer.from(whole), cuts)).toEqual(lines);
      }),
    );
  });

  it('need no end of line after the last, and may end as on Windows', async () => {
    expect(await linesOf(Buffer.from('a\r\n\r\nb'), [])).toEqual(['a', '', 'b']);
  });

  it('are refused when one is longer than any example', async () => {
    async function* endless() {
      for (;;) yield new Uint8Array(1 << 24);
    }
    const read = async () => {
      for await (const line of readLines(endless())) expect(line).toBe('never');
    };
    await expect(read()).rejects.toMatchObject({ code: 'training.bad_data' });
  });
});
