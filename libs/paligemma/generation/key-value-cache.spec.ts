import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeyValueCache, type CacheShape } from './key-value-cache.js';

const SHAPE: CacheShape = { layers: 2, slots: 3, keyValueHeads: 2, headSize: 256, maxTokens: 600 };
const ARRAYS = 2 * SHAPE.layers;

/** The number that belongs at this place: no two are equal. */
const mark = (index: number, head: number, token: number, sequence: number): number =>
  sequence * 100_000 + token * 100 + head * 10 + index;

/** [arrays, rows, heads, tokens, headSize]; row r holds tokens of sequence `sequences[r]` from `start[r]` on. */
function keyValues(sequences: number[], tokens: number, starts: number[]): Float32Array {
  const numbers: number[] = [];
  for (let index = 0; index < ARRAYS; index++) {
    for (const [row, sequence] of sequences.entries()) {
      for (let head = 0; head < SHAPE.keyValueHeads; head++) {
        for (let token = 0; token < tokens; token++) {
          const value = mark(index, head, starts[row]! + token, sequence);
          for (let n = 0; n < SHAPE.headSize; n++) numbers.push(value + n / 1024);
        }
      }
    }
  }
  return Float32Array.from(numbers);
}

/** First and last number of the head's row, wherever keys put its two halves. */
function rowOf(cache: KeyValueCache, slot: number, index: number, head: number, token: number) {
  const array = cache.view(index, SHAPE.slots);
  const parts = index % 2 === 0 ? 2 : 1;
  const width = SHAPE.headSize / parts;
  const strip = (slot * SHAPE.keyValueHeads + head) * parts;
  const first = (strip * cache.capacity + token) * width;
  const last = ((strip + parts - 1) * cache.capacity + token) * width + width - 1;
  return [array[first], array[last]];
}

function expectSequence(
  cache: KeyValueCache,
  slot: number,
  sequence: number,
  length: number,
): void {
  expect(cache.length(slot)).toBe(length);
  const mask = cache.mask(SHAPE.slots).subarray(slot * cache.capacity, (slot + 1) * cache.capacity);
  expect(mask.findIndex((value) => value !== 0)).toBe(length);
  for (let index = 0; index < ARRAYS; index++) {
    for (let head = 0; head < SHAPE.keyValueHeads; head++) {
      for (const token of [0, length - 1]) {
        const value = mark(index, head, token, sequence);
        const expected = [value, value + 255 / 1024].map(Math.fround);
        expect(rowOf(cache, slot, index, head, token)).toEqual(expected);
      }
    }
  }
}

describe('KeyValueCache', () => {
  it('holds a prefix and what is appended to it, each slot apart', () => {
    const cache = new KeyValueCache(SHAPE);
    cache.reserve(0, 100);
    cache.fill(0, keyValues([1], 3, [0]), 3);
    cache.reserve(2, 100);
    cache.fill(2, keyValues([2], 5, [0]), 5);
    const step = keyValues([1, 9, 2], 1, [3, 0, 5]);
    cache.append(0, step, 3);
    cache.append(2, step, 3);
    expectSequence(cache, 0, 1, 4);
    expectSequence(cache, 2, 2, 6);
    expect(cache.length(1)).toBe(0);
  });

  it('hides everything of a freed slot', () => {
    const cache = new KeyValueCache(SHAPE);
    cache.reserve(1, 50);
    cache.fill(1, keyValues([1], 50, [0]), 50);
    cache.free(1);
    expect(cache.mask(SHAPE.slots).every((value) => value < -1e29)).toBe(true);
  });

  it('follows the longest sequence, in whole runs, and never beyond its limit', () => {
    const cache = new KeyValueCache(SHAPE);
    const perToken = 4 * ARRAYS * SHAPE.slots * SHAPE.keyValueHeads * SHAPE.headSize;
    expect(cache.bytes).toEqual({ held: 0, limit: 640 * perToken });
    cache.reserve(0, 129);
    expect(cache.capacity).toBe(256);
    expect(cache.bytes.held).toBe(256 * perToken);
    cache.reserve(1, 600);
    expect(cache.capacity).toBe(640);
    expect(cache.bytes.held).toBe(cache.bytes.limit);
    cache.free(1);
    cache.reserve(1, 10);
    expect(cache.capacity).toBe(256);
    expect(cache.bytes.held).toBe(cache.bytes.limit);
  });

  it('keeps every sequence through any order of coming, growing and going', () => {
    const action = fc.record({
      slot: fc.integer({ min: 0, max: SHAPE.slots - 1 }),
      prefix: fc.integer({ min: 1, max: 6 }),
      room: fc.constantFrom(1, 150, 300, 590),
    });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 12 }), (actions) => {
        const cache = new KeyValueCache(SHAPE);
        const held = new Map<number, { sequence: number; length: number }>();
        for (const [index, { slot, prefix, room }] of actions.entries()) {
          const present = held.get(slot);
          if (present && index % 2 === 0) {
            cache.free(slot);
            held.delete(slot);
          } else if (present) {
            const rows = slot + 1;
            const starts = Array.from({ length: rows }, () => present.length);
            const sequences = Array.from({ length: rows }, () => present.sequence);
            cache.append(slot, keyValues(sequences, 1, starts), rows);
            present.length++;
          } else {
            cache.reserve(slot, prefix + room);
            cache.fill(slot, keyValues([index], prefix, [0]), prefix);
            held.set(slot, { sequence: index, length: prefix });
          }
          for (const [at, { sequence, length }] of held)
            expectSequence(cache, at, sequence, length);
        }
      }),
      { numRuns: 40 },
    );
  });
});
