import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Fling } from './fling';

const HEIGHT = 900;
let fling: Fling;
let y: number;

beforeEach(() => {
  vi.useFakeTimers();
  fling = new Fling();
  y = 0;
});
afterEach(() => vi.useRealTimers());

/** Turns a wheel for so long, sixty times a second. */
function scroll(pixelsASecond: number, forMs: number): void {
  for (let ms = 0; ms <= forMs; ms += 1_000 / 60) {
    y += pixelsASecond / 60;
    fling.scrolled(y, HEIGHT);
    vi.advanceTimersByTime(1_000 / 60);
  }
}

it.each([
  ['a wheel turned by hand', 1_800, false],
  ['upwards as well', -1_800, false],
  ['one that is let run', 5_000, true],
  ['upwards as well', -5_000, true],
])('%s', (_, speed, isFlung) => {
  scroll(speed, 500);
  expect(fling.isOn).toBe(isFlung);
});

it('is no fling for a jump: only who goes on is fast', () => {
  fling.scrolled(0, HEIGHT);
  fling.scrolled(1e6, HEIGHT);
  expect(fling.isOn).toBe(false);
});

it('is told to who asks when it has just ended, at once', () => {
  scroll(5_000, 500);
  vi.advanceTimersByTime(200);
  const told = vi.fn<() => void>();
  fling.whenOver(told);
  expect(told).toHaveBeenCalledTimes(1);
});

it.each([
  ['when the wheel rests', () => vi.advanceTimersByTime(200)],
  ['when the wheel is slow again', () => scroll(500, 300)],
])('tells that it is over, once, %s', (_, end) => {
  scroll(5_000, 500);
  const [told, gone] = [vi.fn<() => void>(), vi.fn<() => void>()];
  fling.whenOver(told);
  fling.whenOver(gone)();
  expect(told).not.toHaveBeenCalled();
  end();
  expect(fling.isOn).toBe(false);
  expect(told).toHaveBeenCalledTimes(1);
  expect(gone).not.toHaveBeenCalled();
  scroll(5_000, 500);
  vi.advanceTimersByTime(200);
  expect(told).toHaveBeenCalledTimes(1);
});
