import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inParts, type Part } from './in-parts.js';

async function* listed(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

async function partsOf(chunks: readonly Uint8Array[], bytes: number): Promise<Part[]> {
  const parts: Part[] = [];
  for await (const part of inParts(listed(chunks), bytes)) parts.push(part);
  return parts;
}

describe('parts of a stream', () => {
  it('are its bytes, all of one size but the last', async () => {
    const chunks = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(chunks, fc.integer({ min: 1, max: 50 }), async (all, bytes) => {
        const parts = await partsOf(all, bytes);
        const whole = Buffer.concat(all);
        expect(Buffer.concat(parts.map(({ body }) => body)).equals(whole)).toBe(true);
        expect(parts.map(({ n }) => n)).toEqual(parts.map((_, index) => index + 1));
        expect(parts.filter(({ isLast }) => isLast)).toEqual([parts.at(-1)]);
        const sizes = parts.slice(0, -1).map(({ body }) => body.length);
        expect(sizes).toEqual(sizes.map(() => bytes));
        expect(parts).toHaveLength(Math.max(1, Math.ceil(whole.length / bytes)));
      }),
    );
  });
});
