import { afterAll, describe, expect, it } from 'vitest';
import {
  checkpointFolder,
  goldenPicture,
  loadGolden,
  type GoldenGeneration,
} from '../golden-fixture.js';
import { PaliGemma } from '../paligemma.js';
import type { Generation } from './answer-request.js';

const opened: PaliGemma[] = [];
afterAll(() => Promise.all(opened.map((model) => model.close())));

async function setup(name: string, slots: number) {
  const { golden } = loadGolden(name);
  const model = await PaliGemma.load(checkpointFolder(name), { slots, threads: 1 });
  opened.push(model);
  const ask = async (
    { prompt, image_seed, max_new_tokens }: GoldenGeneration,
    options: { signal?: AbortSignal; priority?: number } = {},
  ): Promise<Generation> => {
    const image = await model.encode(goldenPicture(image_seed, golden.image_size), options);
    return model.answer({ image, prompt, maxNewTokens: max_new_tokens, ...options });
  };
  return { cases: golden.generation, ask };
}

/** The same order for the same seed. */
function shuffled<Item>(items: readonly Item[], seed: number): Item[] {
  const order = [...items];
  let state = seed;
  for (let index = order.length - 1; index > 0; index--) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const other = state % (index + 1);
    [order[index], order[other]] = [order[other]!, order[index]!];
  }
  return order;
}

function expectGolden(actual: Generation, golden: GoldenGeneration): void {
  expect(actual.tokens).toEqual(golden.generated_ids);
  expect(actual.text).toBe(golden.text);
  expect(actual.endReason).toBe(golden.end_reason);
  expect(actual.promptTokens).toBe(golden.input_ids.length);
  golden.log_probabilities.forEach((expected, index) =>
    expect(Math.abs(actual.logProbabilities[index]! - expected)).toBeLessThan(3e-4),
  );
}

describe.each(['tiny-paligemma', 'tiny-paligemma2'])('%s', (name) => {
  /** Answers of one sequence at a time: what every batch must repeat to the last bit. */
  const alone = new Map<GoldenGeneration['prompt'], readonly number[]>();
  const keyOf = ({ prompt, image_seed }: GoldenGeneration): string => `${image_seed} ${prompt}`;
  const expectAlone = (actual: Generation, golden: GoldenGeneration): void => {
    expect(actual.tokens).toEqual(golden.generated_ids);
    expect(actual.logProbabilities).toEqual(alone.get(keyOf(golden)));
  };

  it('gives the reference answers, one at a time', async () => {
    const { cases, ask } = await setup(name, 1);
    expect(cases).toHaveLength(50);
    for (const golden of cases) {
      const actual = await ask(golden);
      expectGolden(actual, golden);
      alone.set(keyOf(golden), actual.logProbabilities);
    }
  });

  it.each([1, 2, 4, 7, 16])('gives the same bits all at once in %i slots', async (slots) => {
    const { cases, ask } = await setup(name, slots);
    const answers = await Promise.all(cases.map((golden) => ask(golden)));
    answers.forEach((actual, index) => expectAlone(actual, cases[index]!));
  });

  it.each([11, 12, 13])('gives the same bits in arrival order %i', async (seed) => {
    const { cases, ask } = await setup(name, 5);
    const order = shuffled(cases, seed);
    const answers = await Promise.all(order.map((golden) => ask(golden)));
    answers.forEach((actual, index) => expectAlone(actual, order[index]!));
  });

  it('gives the same bits when sequences arrive while others are under way', async () => {
    const { cases, ask } = await setup(name, 6);
    const order = shuffled(cases, 21);
    const answers: Promise<Generation>[] = [];
    for (const [index, golden] of order.entries()) {
      answers.push(ask(golden));
      // Let every third answer end before the next sequence comes.
      if (index % 3 === 2) await answers[index - 2];
    }
    (await Promise.all(answers)).forEach((actual, index) => expectAlone(actual, order[index]!));
  });

  it('gives the same bits when mates are cancelled and others go first', async () => {
    const { cases, ask } = await setup(name, 4);
    const order = shuffled(cases, 31);
    const controllers = order.map(() => new AbortController());
    const answers = order.map((golden, index) => {
      const { signal } = controllers[index]!;
      const answer = ask(golden, { signal, priority: index % 3 });
      // Each one that ends takes a later one with it, wherever that one is by then.
      return answer.finally(() => index % 4 === 0 && controllers[index + 1]?.abort());
    });
    const results = await Promise.all(answers);
    const cancelled = results.filter(({ endReason }) => endReason === 'cancelled');
    expect(cancelled.length).toBeGreaterThan(3);
    results.forEach((actual, index) => {
      if (actual.endReason !== 'cancelled') return expectAlone(actual, order[index]!);
      const { generated_ids } = order[index]!;
      expect(actual.tokens).toEqual(generated_ids.slice(0, actual.tokens.length));
    });
  });
});
