import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { confidenceOf, type GeneratedToken } from './confidence.js';
import { parseOutput, type ParsedBox } from './parse-output.js';
import { readableText, scanOutput } from './scan-output.js';

const size = { width: 1024, height: 2048 };
const loc = (...values: number[]) =>
  values.map((v) => `<loc${String(v).padStart(4, '0')}>`).join('');
const seg = (...values: number[]) =>
  values.map((v) => `<seg${String(v).padStart(3, '0')}>`).join('');
const MASK = Array.from({ length: 16 }, (_, i) => i * 8);
const boxesOf = (raw: string) => parseOutput(raw, size).boxes;
const parts = (raw: string) => boxesOf(raw).map(({ label, pixels }) => [label, ...pixels]);

/** Ascending pairs of bins, as y1 y2 and x1 x2. */
const span = fc
  .tuple(fc.integer({ min: 0, max: 1022 }), fc.integer({ min: 1, max: 1023 }))
  .map(([start, length]) => [start, Math.min(start + length, 1023)] as const);
const label = fc.stringMatching(/^[\p{L}\p{N}_-]{1,8}( [\p{L}\p{N}_-]{1,8})?$/u);
const object = fc.record({ x: span, y: span, label, codes: fc.option(fc.constant(MASK)) });
/** Text that looks like answers: whole tokens, broken tokens, separators, anything. */
const answerLike = fc
  .array(
    fc.oneof(
      fc.integer({ min: 0, max: 9999 }).map((v) => loc(v)),
      fc.integer({ min: 0, max: 999 }).map((v) => seg(v)),
      fc.constantFrom(
        ' ',
        ' ; ',
        ';',
        '<',
        '>',
        '<loc',
        '<seg12>',
        '\n',
        'cat',
        loc(1, 2, 3, 4),
        seg(...MASK),
      ),
      fc.string({ unit: 'binary' }),
    ),
  )
  .map((all) => all.join(''));

describe('parseOutput reads', () => {
  it('one box, y before x', () => {
    expect(boxesOf(`${loc(100, 200, 300, 400)} cat`)).toEqual([
      {
        label: 'cat',
        box: [200 / 1024, 100 / 1024, 400 / 1024, 300 / 1024],
        pixels: [200, 200, 400, 600],
      },
    ]);
  });

  it('several boxes and labels of several words', () => {
    const raw = `${loc(1, 2, 3, 4)} red car ; ${loc(5, 6, 7, 8)} traffic light`;
    expect(parts(raw)).toEqual([
      ['red car', 2, 2, 4, 6],
      ['traffic light', 6, 10, 8, 14],
    ]);
    expect(parseOutput(raw, size)).toMatchObject({ text: 'red car ; traffic light', warnings: [] });
  });

  it('masks, with and without label', () => {
    const [plain, named] = boxesOf(
      `${loc(1, 2, 3, 4)}${seg(...MASK)} ; ${loc(5, 6, 7, 8)} ${seg(...MASK)} dog`,
    );
    expect(plain).toMatchObject({ label: '', segmentCodes: MASK });
    expect(named).toMatchObject({ label: 'dog', segmentCodes: MASK });
  });

  it('the label of the task where the model wrote none', () => {
    const raw = `${loc(1, 2, 3, 4)}${seg(...MASK)}`;
    expect(parseOutput(raw, { ...size, defaultLabel: 'cat' }).boxes[0]?.label).toBe('cat');
  });

  it('boxes inside a sentence and without separators', () => {
    expect(parts(`Here: ${loc(1, 2, 3, 4)} cat, black; ${loc(5, 6, 7, 8)}dog`)).toEqual([
      ['cat, black', 2, 2, 4, 6],
      ['dog', 6, 10, 8, 14],
    ]);
  });

  it('eight locations in a row as two boxes, the label with the second', () => {
    expect(parts(`${loc(1, 2, 3, 4)}${loc(5, 6, 7, 8)} cat`)).toEqual([
      ['', 2, 2, 4, 6],
      ['cat', 6, 10, 8, 14],
    ]);
  });

  it('plain text untouched but for its ends', () => {
    expect(parseOutput(' two  cats\non a mat \n', size)).toEqual({
      text: 'two  cats\non a mat',
      boxes: [],
      warnings: [],
    });
  });

  it('divides by 1023 when asked, so that the last bin is the edge', () => {
    const { boxes } = parseOutput(loc(0, 0, 1023, 1023), { ...size, locationScale: 1023 });
    expect(boxes[0]?.box).toEqual([0, 0, 1, 1]);
  });
});

describe('parseOutput leaves out, with a warning', () => {
  it.each([
    ['three locations', `${loc(1, 2, 3)} cat`, /4 location tokens; a run of 3/],
    ['five locations', `${loc(1, 2, 3, 4, 5)} cat`, /a run of 5/],
    ['a corner out of range', `${loc(1, 2, 1024, 4)} cat`, /over 1023/],
    ['no height', `${loc(5, 2, 5, 4)} cat`, /without area/],
    ['swapped sides', `${loc(1, 9, 3, 4)} cat`, /without area/],
    ['codes without a box', seg(...MASK), /without a box/],
  ])('%s', (_, raw, warning) => {
    const { boxes, warnings } = parseOutput(raw, size);
    expect(boxes).toEqual([]);
    expect(warnings.join()).toMatch(warning);
  });

  it.each([
    ['15 codes', seg(...MASK.slice(1)), /16 segmentation tokens; one of 15/],
    ['a code out of range', seg(...MASK.slice(1), 128), /over 127/],
  ])('a mask with %s, but not its box', (_, codes, warning) => {
    const { boxes, warnings } = parseOutput(`${loc(1, 2, 3, 4)}${codes} cat`, size);
    expect(boxes).toMatchObject([{ label: 'cat' }]);
    expect(boxes[0]).not.toHaveProperty('segmentCodes');
    expect(warnings.join()).toMatch(warning);
  });

  it('nothing of a box thinner than a pixel, but says so', () => {
    const { boxes, warnings } = parseOutput(`${loc(0, 0, 9, 9)} dot`, { width: 20, height: 20 });
    expect(boxes).toHaveLength(1);
    expect(warnings.join()).toMatch(/less than a pixel/);
  });

  it('and says each thing once', () => {
    expect(parseOutput(`${loc(1)} ${loc(2)} ${loc(3)}`, size).warnings).toHaveLength(1);
  });
});

describe('parseOutput on any text', () => {
  it('never throws and gives boxes that keep their promises', () => {
    fc.assert(
      fc.property(fc.oneof(answerLike, fc.string({ unit: 'binary' })), (raw) => {
        const { text, boxes } = parseOutput(raw, size);
        expect(text).toBe(text.trim());
        for (const { box, label: name, segmentCodes } of boxes) {
          expect(0 <= box[0] && box[0] < box[2] && box[2] <= 1).toBe(true);
          expect(0 <= box[1] && box[1] < box[3] && box[3] <= 1).toBe(true);
          expect(name).toBe(name.trim());
          expect([undefined, 16]).toContain(segmentCodes?.length);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('gives back what was encoded', () => {
    fc.assert(
      fc.property(fc.array(object, { maxLength: 6 }), (objects) => {
        const raw = objects
          .map(
            (o) =>
              `${loc(o.y[0], o.x[0], o.y[1], o.x[1])}${o.codes ? seg(...o.codes) : ''} ${o.label}`,
          )
          .join(' ; ');
        const expected = objects.map((o) => ({
          label: o.label,
          bins: [o.x[0], o.y[0], o.x[1], o.y[1]],
          codes: o.codes ?? undefined,
        }));
        const found = boxesOf(raw).map(({ label: name, box, segmentCodes }) => ({
          label: name,
          bins: box.map((v) => v * 1024),
          codes: segmentCodes,
        }));
        expect(found).toEqual(expected);
      }),
    );
  });

  it('agrees with supervision on every answer that supervision reads', () => {
    // Its regular expression and arithmetic, with Python's Unicode \w spelled out.
    const theirs =
      /(?<!<loc\d{4}>)<loc(\d{4})><loc(\d{4})><loc(\d{4})><loc(\d{4})> ([\p{L}\p{N}_\s-]+)/gu;
    fc.assert(
      fc.property(fc.array(object, { minLength: 1, maxLength: 5 }), (objects) => {
        const raw = objects
          .map((o) => `${loc(o.y[0], o.x[0], o.y[1], o.x[1])} ${o.label}`)
          .join(' ; ');
        const expected = [...raw.matchAll(theirs)].map(([, y1, x1, y2, x2, name]) => [
          name?.trim(),
          ...[x1, y1, x2, y2].map((v, i) => (Number(v) / 1024) * (i % 2 === 0 ? 1024 : 2048)),
        ]);
        expect(parts(raw)).toEqual(expected);
      }),
    );
  });

  it('scans without losing a character', () => {
    fc.assert(
      fc.property(answerLike, (raw) => {
        const joined = scanOutput(raw)
          .map((piece) =>
            piece.kind === 'text'
              ? piece.text
              : (piece.kind === 'locations' ? loc : seg)(...piece.values),
          )
          .join('');
        expect(joined).toBe(raw);
      }),
    );
  });

  it('takes time in proportion to its length', () => {
    const long = '<loc0001>'.repeat(100_000) + ' '.repeat(100_000) + '<loc'.repeat(100_000);
    const started = performance.now();
    parseOutput(long, size);
    expect(performance.now() - started).toBeLessThan(2000);
  });
});

describe('confidence', () => {
  const token = (text: string, probability: number): GeneratedToken => ({
    text,
    logProbability: Math.log(probability),
  });
  const locations = (probability: number) =>
    [100, 200, 300, 400].map((v) => token(loc(v), probability));
  const confidences = (tokens: GeneratedToken[], raw = tokens.map(({ text }) => text).join('')) =>
    parseOutput(raw, { ...size, tokens }).boxes.map((box: ParsedBox) => box.confidence);

  it('is the geometric mean of locations and label, without separators and masks', () => {
    const tokens = [
      ...locations(0.5),
      ...MASK.map((code) => token(seg(code), 0.01)),
      token(' cat', 0.5),
      token(' ;', 0.001),
      token(' ', 0.001),
      ...locations(0.25),
      token(' do', 0.25),
      token('g', 0.25),
      token('', 0.9),
    ];
    const [first, second] = confidences(tokens);
    expect(first).toBeCloseTo(0.5, 12);
    expect(second).toBeCloseTo(0.25, 12);
  });

  it('stays with its box when one before it was left out', () => {
    const [only] = confidences([
      ...locations(0.1).slice(1),
      token(' cat', 0.1),
      token(' ; ', 1),
      ...locations(0.8),
      token(' dog', 0.8),
    ]);
    expect(only).toBeCloseTo(0.8, 12);
  });

  it('does not need the pieces to spell the text: bytes of one character have none', () => {
    const tokens = [...locations(0.5), token('\uFFFD', 0.5), token('\uFFFD', 0.5)];
    expect(confidences(tokens, `${loc(100, 200, 300, 400)}é`)[0]).toBeCloseTo(0.5, 12);
  });

  it('falls back to the whole answer when a location is spelled as text', () => {
    const tokens = [...locations(0.5), token('<loc', 0.5), token('0001>', 0.5)];
    const raw = `${loc(100, 200, 300, 400)} cat ${loc(1)}`;
    const parsed = parseOutput(raw, { ...size, tokens });
    expect(parsed.boxes[0]?.confidence).toBeCloseTo(0.5, 12);
    expect(parsed.warnings.join()).toMatch(/whole answer/);
  });

  it('is absent without tokens', () => {
    expect(boxesOf(loc(1, 2, 3, 4))[0]).not.toHaveProperty('confidence');
  });

  it('is between 0 and 1 for any log-probabilities', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ max: 0.001 })), (values) => {
        const confidence = confidenceOf(values);
        expect(confidence >= 0 && confidence <= 1).toBe(true);
      }),
    );
    expect(confidenceOf([])).toBe(0);
  });
});

describe('readableText', () => {
  it('closes the gaps that removed tokens leave', () => {
    expect(readableText(`${loc(1, 2, 3, 4)} cat ; ${loc(1, 2, 3, 4)} dog`)).toBe('cat ; dog');
  });
});
