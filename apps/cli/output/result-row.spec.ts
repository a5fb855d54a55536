import { describe, expect, it } from 'vitest';
import { aFailedItem, anAnswer, anItem } from '../testing/samples.js';
import { parseTask } from '../task/task-string.js';
import { resultRows } from './result-row.js';

const tasks = ['caption', 'detect cat ; dog', 'segment cat'].map(parseTask);
const box = {
  label: 'cat',
  confidence: 0.934,
  box: [0.1, 0.2, 0.5, 0.6] as [number, number, number, number],
  pixels: [64.2, 96, 320, 288.6] as [number, number, number, number],
};

describe('resultRows', () => {
  it('gives one row per task, boxes before text', () => {
    const item = anItem(0, {
      answers: [
        anAnswer(),
        anAnswer({ task: 1, boxes: [box, { ...box, label: 'dog', confidence: 0.5 }] }),
        anAnswer({
          task: 2,
          boxes: [
            { ...box, segment_codes: Array(16).fill(3) },
            {
              ...box,
              segment_codes: Array(16).fill(3),
              mask: { rle: { size: [480, 640], counts: 'a' }, area: 4021, confidence: 0.5 },
            },
          ],
        }),
      ],
    });
    expect(resultRows(item, tasks)).toEqual([
      ['photo-0.jpg', 'caption', 'a cat'],
      ['photo-0.jpg', 'detect cat ; dog', 'cat 0.93 [64 96 320 289]; dog 0.50 [64 96 320 289]'],
      [
        'photo-0.jpg',
        'segment cat',
        'cat 0.93 [64 96 320 289] + mask; cat 0.93 [64 96 320 289] + mask of 4021 px',
      ],
    ]);
  });

  it('says so when nothing was found, and marks what was cut off', () => {
    const answers = [
      anAnswer({ text: '', end_reason: 'length' }),
      anAnswer({ task: 1, text: ' ' }),
      anAnswer({ task: 2, text: 'hm', end_reason: 'length' }),
      anAnswer({ task: 2, boxes: [{ ...box, label: '' }] }),
    ];
    const texts = resultRows(anItem(0, { answers }), tasks).map((row) => row[2]);
    expect(texts).toEqual([
      '(no text) …',
      '(nothing found)',
      'hm …',
      '(no label) 0.93 [64 96 320 289]',
    ]);
  });

  it('calls an image as its client does, and by its name', () => {
    const { image } = anItem(0);
    const item = anItem(0, { answers: [anAnswer()], image: { ...image, custom_id: 'sku-17' } });
    expect(resultRows(item, tasks)).toEqual([['sku-17 (photo-0.jpg)', 'caption', 'a cat']]);
  });

  it('gives a failed item one row with its reason', () => {
    expect(resultRows(aFailedItem(4), tasks)).toEqual([
      ['photo-4.jpg', '-', 'failed: image.undecodable (The bytes end too early.)'],
    ]);
  });
});
