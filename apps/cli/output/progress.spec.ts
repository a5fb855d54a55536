import { expect, it } from 'vitest';
import { Captured } from '../testing/captured.js';
import { openProgress } from './progress.js';

it('writes one plain line every ten seconds and the last state at the end, without a terminal', () => {
  const stream = new Captured();
  let now = 0;
  const progress = openProgress({ label: 'analysing', stream, now: () => now });
  const at = (ms: number, done: number, note?: string): void => {
    now = ms;
    progress.show(done, 100, note);
  };
  at(0, 0);
  at(9_999, 10);
  expect(stream.text).toBe('');
  at(10_000, 11);
  at(12_000, 20);
  at(20_001, 30, '2 failed');
  expect(stream.text).toBe('analysing 11/100\nanalysing 30/100 | 2 failed\n');
  at(21_000, 100);
  progress.stop();
  progress.stop();
  expect(stream.text).toBe('analysing 11/100\nanalysing 30/100 | 2 failed\nanalysing 100/100\n');
});

it('draws a bar on a terminal and gives the cursor back', () => {
  const stream = Object.assign(new Captured(), { isTTY: true, columns: 100 });
  Object.assign(stream, { cursorTo: () => true, moveCursor: () => true, clearLine: () => true });
  const progress = openProgress({ label: 'analysing', stream });
  progress.show(3, 4);
  progress.stop();
  expect(stream.text).toContain('analysing');
  expect(stream.text).toContain('3/4');
  expect(stream.text.lastIndexOf('\u001B[?25h')).toBeGreaterThan(
    stream.text.lastIndexOf('\u001B[?25l'),
  );
});
