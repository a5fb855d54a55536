import { describe, expect, it } from 'vitest';
import { answersTo, codes, locations } from './answer-fixture.js';
import { scoreAnswers } from './score-answers.js';

const LEFT = locations(0, 0, 1000, 500);
const RIGHT = locations(0, 500, 1000, 1000);
const full = { decode: () => Promise.resolve(new Float32Array(64 * 64).fill(1)) };

describe('scoreAnswers', () => {
  it('scores each task by itself', async () => {
    const scores = await scoreAnswers([
      ...answersTo('answer en what?', ['red', ' Red'], ['blue', 'green']),
      ...answersTo('answer en how many?', ['2', '2'], ['3', '3']),
      ...answersTo('ocr', ['STOP', 'STOP HERE']),
    ]);
    expect(scores).toEqual({
      'answer.exact_match': 0.75,
      'answer.token_f1': 0.75,
      'ocr.exact_match': 0,
      'ocr.token_f1': expect.closeTo(2 / 3, 12),
    });
  });

  it('has a CIDEr of captions, when there are enough to tell rare words from frequent ones', async () => {
    const captions = answersTo('caption en', ['a cat', 'a cat'], ['a dog', 'a cat']);
    expect(await scoreAnswers(captions)).toEqual({
      'caption.exact_match': 0.5,
      'caption.token_f1': 0.5,
      'caption.cider': 2.5,
    });
    expect(await scoreAnswers(captions.slice(1))).not.toHaveProperty('caption.cider');
  });

  it('matches boxes of a label one to one, when they overlap by half or more', async () => {
    const scores = await scoreAnswers(
      answersTo(
        'detect cat',
        [`${LEFT} cat ; ${RIGHT} cat`, `${RIGHT} cat ; ${LEFT} dog ; ${RIGHT} cat`],
        // Exactly half of the union.
        [`${LEFT} cat`, `${locations(0, 0, 500, 500)} cat`],
      ),
    );
    expect(scores).toEqual({
      'detect.exact_match': 0,
      'detect.precision': 2 / 4,
      'detect.recall': 2 / 3,
      'detect.f1': expect.closeTo((2 * 2) / (4 + 3), 12),
    });
  });

  it('gives 0 for answers without boxes', async () => {
    expect(await scoreAnswers(answersTo('detect cat', [`${LEFT} cat`, 'cat']))).toMatchObject({
      'detect.precision': 0,
      'detect.recall': 0,
      'detect.f1': 0,
    });
  });

  it('scores masks of a segment answer where they can be decoded', async () => {
    const answers = answersTo('segment cat', [`${LEFT}${codes(1)} cat`, `${LEFT}${codes(2)} cat`]);
    const without = await scoreAnswers(answers);
    expect(without).toEqual({
      'segment.exact_match': 0,
      'segment.precision': 1,
      'segment.recall': 1,
      'segment.f1': 1,
    });
    const masks = { 'segment.mask_iou': 1, 'segment.mask_f1': 1 };
    expect(await scoreAnswers(answers, full)).toEqual({ ...without, ...masks });
  });

  it('has nothing to say of no answers', async () => {
    expect(await scoreAnswers([])).toEqual({});
  });
});
