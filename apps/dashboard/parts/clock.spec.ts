import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { followClock, readClock } from './clock.js';

const HOUR_MS = 3_600_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('goes on while somebody follows it, for all who do', () => {
  const [one, other] = [vi.fn<() => void>(), vi.fn<() => void>()];
  const ends = [followClock(one), followClock(other)];
  const begun = readClock();
  vi.advanceTimersByTime(60_000);
  expect(readClock() - begun).toBeGreaterThanOrEqual(55_000);
  expect([one, other].map((each) => each.mock.calls.length)).toEqual([12, 12]);
  for (const end of ends) end();
  expect(vi.getTimerCount()).toBe(0);
});

it('is right at once where nobody has followed it for an hour', () => {
  followClock(() => undefined)();
  vi.advanceTimersByTime(HOUR_MS);
  expect(readClock()).toBe(Date.now());
});

it('stands between two ticks, so that a page that is drawn twice says the same', () => {
  const first = readClock();
  vi.advanceTimersByTime(4_000);
  expect(readClock()).toBe(first);
});
