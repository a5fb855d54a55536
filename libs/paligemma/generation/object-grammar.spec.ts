import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkpointFolder, goldenPicture } from '../golden-fixture.js';
import { parseOutput } from '../output/parse-output.js';
import { PaliGemma } from '../paligemma.js';
import { findCodeTokens, type CodeTokens } from '../tokenizer/code-tokens.js';
import { Tokenizer } from '../tokenizer/tokenizer.js';
import type { AnswerRequest } from './answer-request.js';
import { ObjectGrammar } from './object-grammar.js';
import { randomStream } from './random-stream.js';

/** Every bin is a pixel at least. */
const SIZE = { width: 1024, height: 1024 };
const tokenizer = await Tokenizer.load(checkpointFolder('tiny-paligemma'));
const codes = findCodeTokens(tokenizer, 1664) as CodeTokens;

const label = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
  .map((text) => text.replaceAll(/[<>;]/g, '').trim())
  .filter((text) => text !== '' && tokenizer.decode(tokenizer.encode(` ${text}`)) === ` ${text}`);
const labels = fc.array(label, { minLength: 1, maxLength: 5 });

/** Any walk through the grammar, which prefers to end after `length` tokens. */
function walk(grammar: ObjectGrammar, seed: number, length: number): number[] {
  const random = randomStream(seed);
  const tokens: number[] = [];
  for (;;) {
    const { allowed } = grammar;
    const canEnd = allowed.includes(tokenizer.eosId);
    if (canEnd && tokens.length >= length) return tokens;
    const token = allowed[Math.floor(random() * allowed.length)]!;
    if (token === tokenizer.eosId) return tokens;
    tokens.push(token);
    grammar.take(token);
  }
}

function expectWellFormed(raw: string, wanted: readonly string[], hasMasks: boolean): number {
  const { boxes, warnings } = parseOutput(raw, SIZE);
  expect(warnings).toEqual([]);
  for (const box of boxes) {
    if (box.label !== '' || !hasMasks) expect(wanted).toContain(box.label);
    expect(box.segmentCodes?.length).toBe(hasMasks ? 16 : undefined);
  }
  return boxes.length;
}

describe('ObjectGrammar', () => {
  it.each([false, true])('makes answers that read without a warning (masks: %s)', (hasMasks) => {
    let found = 0;
    fc.assert(
      fc.property(labels, fc.nat(), fc.nat(80), (wanted, seed, length) => {
        const grammar = new ObjectGrammar({ tokenizer, codes, labels: wanted, hasMasks });
        const raw = tokenizer.decode(walk(grammar, seed, length));
        found += expectWellFormed(raw, wanted, hasMasks);
      }),
    );
    expect(found).toBeGreaterThan(100);
  });

  it.each([false, true])(
    'takes every answer that a trained model writes (masks: %s)',
    (hasMasks) => {
      const code = (name: string, digits: number) => (value: number) =>
        `<${name}${String(value).padStart(digits, '0')}>`;
      const object = fc.record({
        corners: fc.array(fc.nat(511), { minLength: 4, maxLength: 4 }),
        codes: fc.array(fc.nat(127), { minLength: 16, maxLength: 16 }),
        which: fc.nat(),
      });
      fc.assert(
        fc.property(labels, fc.array(object, { maxLength: 4 }), (wanted, objects) => {
          const raw = objects.map(
            ({ corners: [y = 0, x = 0, h = 0, w = 0], codes: mask, which }) => {
              const box = [y, x, y + h + 1, x + w + 1].map(code('loc', 4)).join('');
              const shape = hasMasks ? mask.map(code('seg', 3)).join('') : '';
              return `${box}${shape} ${wanted[which % wanted.length]}`;
            },
          );
          const grammar = new ObjectGrammar({ tokenizer, codes, labels: wanted, hasMasks });
          const text = raw.join(' ; ');
          for (const token of [...(text ? tokenizer.encode(text) : []), tokenizer.eosId]) {
            expect(grammar.allowed).toContain(token);
            grammar.take(token);
          }
        }),
      );
    },
  );

  it('takes several labels from one text, as a prompt means it', () => {
    const grammar = new ObjectGrammar({ tokenizer, codes, labels: ['a ; b'], hasMasks: false });
    const found = new Set<string>();
    for (let seed = 0; seed < 20; seed++) {
      const raw = tokenizer.decode(
        walk(new ObjectGrammar({ tokenizer, codes, labels: ['a ; b'], hasMasks: false }), seed, 10),
      );
      for (const box of parseOutput(raw, SIZE).boxes) found.add(box.label);
    }
    expect(grammar.allowed).toContain(tokenizer.eosId);
    expect([...found].toSorted()).toEqual(['a', 'b']);
  });

  it.each([['<loc0001>'], ['a > b'], [';'], ['']])('refuses the label "%s"', (bad) => {
    const open = () => new ObjectGrammar({ tokenizer, codes, labels: [bad], hasMasks: false });
    expect(open).toThrow(expect.objectContaining({ code: 'generation.bad_label' }));
  });
});

describe.each(['tiny-paligemma', 'tiny-paligemma2'])('constrained answers of %s', (name) => {
  let model: PaliGemma;
  beforeAll(async () => {
    model = await PaliGemma.load(checkpointFolder(name), { slots: 4, threads: 1 });
  });
  afterAll(() => model.close());

  it('read without a warning, whatever the weights', async () => {
    let found = 0;
    await fc.assert(
      fc.asyncProperty(labels, fc.nat(50), fc.boolean(), async (wanted, seed, hasMasks) => {
        const image = await model.encode(goldenPicture(seed, model.info.imageSize));
        const task = hasMasks
          ? ({ type: 'segment', label: wanted[0]! } as const)
          : ({ type: 'detect', labels: wanted } as const);
        const { text, endReason, tokens } = await model.answer({ image, task, maxNewTokens: 80 });
        // Cut off: what stands before the last separator is whole.
        const whole =
          endReason === 'eos' ? text : text.slice(0, Math.max(0, text.lastIndexOf(' ; ')));
        if (endReason === 'length') expect(tokens).toHaveLength(80);
        found += expectWellFormed(whole, wanted, hasMasks);
      }),
      { numRuns: 40 },
    );
    expect(found).toBeGreaterThan(10);
  });

  it('are the same bits beside mates of every kind', async () => {
    const image = await model.encode(goldenPicture(3, model.info.imageSize));
    const shared = { image, maxNewTokens: 30 };
    const requests: AnswerRequest[] = [
      { ...shared, task: { type: 'detect', labels: ['cat', 'dog'] } },
      { ...shared, prompt: 'caption en' },
      { ...shared, task: { type: 'segment', label: 'left person' } },
      { ...shared, prompt: 'caption en', sampling: { temperature: 1.5, seed: 4 } },
      { ...shared, prompt: 'caption en', sampling: { temperature: 1.5, seed: 5, topK: 40 } },
      { ...shared, task: { type: 'detect', labels: ['cat'] }, constrained: false },
    ];
    const together = await Promise.all(requests.map((request) => model.answer(request)));
    for (const [index, request] of requests.entries()) {
      const { tokens, logProbabilities } = await model.answer(request);
      expect(together[index]).toMatchObject({ tokens, logProbabilities });
    }
    expect(together[3]!.tokens).not.toEqual(together[4]!.tokens);
    expect(together[1]!.tokens).not.toEqual(together[3]!.tokens);
  });
});
