import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { findUnstorable } from './storable.js';

describe('texts that cannot be stored', () => {
  it.each([
    [{ a: ['x', { 'b/c': 'y\0' }] }, '/a/1/b~1c'],
    [{ metadata: { 'k\0': 'v' } }, '/metadata/k\0'],
    ['\uD800', ''],
    [{ a: 'x\uDFFFy' }, '/a'],
  ])('%j are found', (value, pointer) => {
    expect(findUnstorable(value, '')).toBe(pointer);
  });

  it.each([{ a: 'x\u{1D4B3}', b: [1, null, true] }, 'plain', 5, null, undefined])(
    '%j are let through',
    (value) => {
      expect(findUnstorable(value, '')).toBeUndefined();
    },
  );

  it('are not looked for in bytes and streams', () => {
    expect(findUnstorable(Buffer.from('\0'), '')).toBeUndefined();
    expect(findUnstorable(new Readable(), '')).toBeUndefined();
  });

  it('are not looked for deeper than anything that we take', () => {
    const nested = (depth: number): unknown =>
      JSON.parse('['.repeat(depth) + ']'.repeat(depth)) as unknown;
    expect(findUnstorable(nested(60), '')).toBeUndefined();
    expect(() => findUnstorable(nested(100_000), '')).toThrow('deep');
  });
});
