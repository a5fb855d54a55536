import { describe, expect, it } from 'vitest';
import { parseRetryAfter } from './index.js';

describe('Retry-After', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  it.each([
    ['120', 120_000],
    [' 0 ', 0],
    ['Thu, 01 Jan 2026 00:01:00 GMT', 60_000],
    ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
    ['-5', undefined],
    ['soon', undefined],
    ['1e9', undefined],
    ['99999999999', undefined],
    [undefined, undefined],
  ])('%s', (header, expected) => expect(parseRetryAfter(header, now)).toBe(expected));
});
