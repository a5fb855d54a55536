import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RepetitionGuard } from './repetition-guard.js';

const isLocation = (token: number): boolean => token >= 1000;
const BOX = [1001, 1002, 1003, 1004, 7, 8, 9];

/** How many tokens it takes until the guard ends the answer; undefined when it never does. */
function endOf(tokens: readonly number[]): number | undefined {
  const guard = new RepetitionGuard(isLocation);
  const end = tokens.findIndex((token) => guard.take(token));
  return end < 0 ? undefined : end + 1;
}
const times = (count: number, tokens: readonly number[]): number[] =>
  Array.from({ length: count }, () => tokens).flat();

describe('RepetitionGuard', () => {
  it('ends at the third identical object in a row', () => {
    expect(endOf([5, 6, ...times(9, BOX)])).toBe(2 + 3 * BOX.length);
  });

  it('ends at the third round of the same objects', () => {
    const round = [...BOX, ...BOX.with(0, 1011), ...BOX.with(1, 1055)];
    expect(endOf(times(9, round))).toBe(3 * round.length);
  });

  it('lets similar objects pass', () => {
    const objects = Array.from({ length: 100 }, (_, index) => BOX.with(2, 1100 + index)).flat();
    expect(endOf(objects)).toBeUndefined();
  });

  it('ends text after eight rounds and 64 tokens', () => {
    expect(endOf(times(200, [3]))).toBe(64);
    expect(endOf(times(200, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]))).toBe(80);
  });

  it('leaves text alone that stops in time', () => {
    expect(endOf([...times(63, [3]), 4, ...times(63, [3])])).toBeUndefined();
  });

  it('never ends what does not repeat itself', () => {
    const distinct = fc.uniqueArray(fc.nat(5000), { maxLength: 300 });
    fc.assert(fc.property(distinct, (tokens) => endOf(tokens) === undefined));
  });

  it('ends every cycle of its range', () => {
    const cycle = fc.array(fc.nat(50), { minLength: 1, maxLength: 100 });
    fc.assert(
      fc.property(fc.array(fc.nat(50), { maxLength: 20 }), cycle, (before, tokens) => {
        expect(endOf([...before, ...times(64, tokens)])).toBeDefined();
      }),
    );
  });
});
