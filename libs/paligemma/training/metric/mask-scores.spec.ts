import { describe, expect, it } from 'vitest';
import { answersTo, codes, locations } from './answer-fixture.js';
import { maskScores } from './mask-scores.js';

const FULL = 0;
const LEFT_HALF = 1;
const EMPTY = 2;

/** Masks [64, 64] that are known, by the first code word. */
const decoder = {
  decode([word]: readonly number[]): Promise<Float32Array> {
    const mask = new Float32Array(64 * 64);
    const inside = (column: number): boolean =>
      word === FULL || (word === LEFT_HALF && column < 32);
    return Promise.resolve(mask.map((_, index) => (inside(index % 64) ? 1 : -1)));
  },
};

const LEFT = locations(0, 0, 512, 512);
const RIGHT = locations(0, 512, 512, 1023);
const cat = (box: string, word = FULL): string => `${box}${codes(word)} cat`;
const score = (...pairs: readonly (readonly [string, string])[]) =>
  maskScores(answersTo('segment cat', ...pairs), decoder);

describe('maskScores', () => {
  it('gives 1 to the same masks, in whatever order', async () => {
    const [one, other] = [cat(LEFT), cat(RIGHT, LEFT_HALF)];
    const found = await score([`${one} ; ${other}`, `${other} ; ${one}`]);
    expect(found).toEqual({ iou: 1, f1: 1 });
  });

  it('compares what is inside, not the boxes alone', async () => {
    const found = await score([cat(LEFT), cat(LEFT, LEFT_HALF)]);
    expect(found!.iou).toBeCloseTo(0.5, 2);
  });

  it('counts a mask that was not found as 0', async () => {
    const found = await score([`${cat(LEFT)} ; ${cat(RIGHT)}`, cat(LEFT)]);
    expect(found).toEqual({ iou: 0.5, f1: 2 / 3 });
    expect(await score([cat(LEFT), 'no cat'])).toEqual({ iou: 0, f1: 0 });
  });

  it('lets a mask that nobody expected lower F1 alone', async () => {
    const found = await score([cat(LEFT), `${cat(LEFT)} ; ${cat(RIGHT)}`]);
    expect(found).toEqual({ iou: 1, f1: 2 / 3 });
    expect((await score([cat(LEFT), `${cat(LEFT)} ; ${cat(RIGHT, EMPTY)}`]))!.f1).toBe(2 / 3);
  });

  it('gives each guess to one mask, first where it fits best', async () => {
    const wide = locations(0, 0, 512, 768);
    const found = await score([`${cat(wide)} ; ${cat(LEFT)}`, cat(LEFT)]);
    expect(found).toEqual({ iou: 0.5, f1: 2 / 3 });
  });

  it('wants the same label, in any case', async () => {
    expect(await score([cat(LEFT), `${LEFT}${codes(FULL)} dog`])).toEqual({ iou: 0, f1: 0 });
    expect(await score([cat(LEFT), `${LEFT}${codes(FULL)} Cat`])).toEqual({ iou: 1, f1: 1 });
  });

  it('takes an overlap of less than half for none in F1', async () => {
    const found = await score([cat(LEFT, LEFT_HALF), cat(locations(0, 0, 1023, 1023))]);
    expect(found).toEqual({ iou: expect.closeTo(0.125, 2), f1: 0 });
  });

  it('is unknown when no mask is expected', async () => {
    expect(await score([LEFT, cat(LEFT)])).toBeUndefined();
    expect(await score([cat(LEFT, EMPTY), cat(LEFT)])).toBeUndefined();
  });
});
