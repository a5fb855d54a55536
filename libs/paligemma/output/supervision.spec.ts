import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseOutput } from './parse-output.js';

/** A box as supervision gives it: label, x1, y1, x2, y2. */
type Box = readonly [label: string, ...pixels: number[]];

interface Golden {
  readonly reason?: string;
  readonly text: string;
  readonly size: readonly [width: number, height: number];
  readonly boxes: readonly Box[];
}

const path = new URL('../../../test/fixtures/parser/supervision.json', import.meta.url);
const { same, different } = JSON.parse(readFileSync(fileURLToPath(path), 'utf8')) as {
  same: Golden[];
  different: Golden[];
};

const read = ({ text, size: [width, height] }: Golden): Box[] =>
  parseOutput(text, { width, height }).boxes.map(({ label, pixels }) => [label, ...pixels]);

const WHOLE = [80, 120, 320, 360];

/** What Pallet reads where it means to differ, by the golden's reason; README.md says why. */
const OURS: Record<string, Box[]> = {
  'no label': [['', ...WHOLE]],
  'no space before the label': [['cat', ...WHOLE]],
  'a tab before the label': [['cat', ...WHOLE]],
  'a mask': [['cat', ...WHOLE]],
  'a mask without label': [
    ['', ...WHOLE],
    ['cat', ...WHOLE],
  ],
  'boxes in a row': [
    ['', ...WHOLE],
    ['cat', ...WHOLE],
  ],
  'punctuation in a label': [
    ["cat's toy, red (large)", ...WHOLE],
    ['dog', ...WHOLE],
  ],
  'punctuation first': [['"stop" sign', ...WHOLE]],
  'combining signs of a script': [['बिल्ली', ...WHOLE]],
  'an emoji': [['😀', ...WHOLE]],
  'a box without area': [],
  'corners the wrong way round': [],
  'a location that the model has no token for': [],
};

describe('an answer that supervision reads', () => {
  it('is read alike, number by number', () => {
    const ours = same.map((golden) => ({ text: golden.text, boxes: read(golden) }));
    expect(ours).toEqual(same.map(({ text, boxes }) => ({ text, boxes })));
    expect(same.filter(({ boxes }) => boxes.length > 0).length).toBeGreaterThan(60);
  });

  it('is read otherwise only where we mean to', () => {
    const ours = different.map((golden) => [golden.reason, read(golden)]);
    expect(ours).toEqual(Object.entries(OURS));
    for (const { reason, boxes } of different) expect(OURS[reason!]).not.toEqual(boxes);
  });
});
