import fc from 'fast-check';
import { expect, it } from 'vitest';
import { correctedBoxSchema, putCorrectionSchema } from '#contracts';
import { parseOutput } from '#paligemma';
import { trainingSuffix } from './training-suffix.js';

const side = fc.tuple(fc.nat(1022), fc.nat(1022)).filter(([a, b]) => a < b);
const anyBox = fc.record({
  label: fc.stringMatching(/^[a-z]([a-z ]{0,10}[a-z])?$/),
  box: fc
    .tuple(side, side)
    .map(
      ([[x1, x2], [y1, y2]]) =>
        [x1 / 1024, y1 / 1024, x2 / 1024, y2 / 1024] as [number, number, number, number],
    ),
});

it('is read back as the boxes that were corrected', () => {
  fc.assert(
    fc.property(fc.array(anyBox, { minLength: 1, maxLength: 5 }), (boxes) => {
      const read = parseOutput(trainingSuffix({ boxes }), { width: 4096, height: 4096 });
      expect(read.boxes.map(({ label, box }) => ({ label, box }))).toEqual(boxes);
      expect(read.warnings).toEqual([]);
    }),
  );
});

it('writes locations, codes and label, and a text as it is', () => {
  const segment_codes = Array.from({ length: 16 }, (_, i) => i);
  const box = { label: 'a cat', box: [0.25, 0, 1, 0.5] as [number, number, number, number] };
  expect(trainingSuffix({ boxes: [box] })).toBe('<loc0000><loc0256><loc0512><loc1023> a cat');
  expect(trainingSuffix({ boxes: [{ ...box, segment_codes }] })).toMatch(
    /^(<loc\d{4}>){4}(<seg\d{3}>){16} a cat$/,
  );
  expect(trainingSuffix({ text: 'a cat' })).toBe('a cat');
});

it('refuses what could not be learnt', () => {
  const box = (change: object) =>
    correctedBoxSchema.safeParse({ label: 'cat', box: [0.1, 0.1, 0.9, 0.9], ...change }).success;
  expect(box({})).toBe(true);
  expect(box({ box: [0.5, 0.1, 0.5001, 0.9] })).toBe(false);
  expect(box({ box: [0.9, 0.1, 0.1, 0.9] })).toBe(false);
  for (const label of ['', ' ', 'a;b', '<loc0001>', 'a\nb']) expect(box({ label })).toBe(false);
  const put = (change: object) =>
    putCorrectionSchema.safeParse({ n: 0, task: 0, ...change }).success;
  expect(put({ text: 'a cat' })).toBe(true);
  for (const change of [{}, { text: ' ' }, { text: 'a <eos>' }, { boxes: [] }])
    expect(put(change)).toBe(false);
});
