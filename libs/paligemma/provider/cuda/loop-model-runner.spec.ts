import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openModel } from '../../engine-folder/open-model.js';
import { ContinuousBatcher } from '../../generation/continuous-batcher.js';
import { CpuModelRunner } from '../../generation/cpu-model-runner.js';
import type { FinishedSequence, Sampling } from '../../generation/generation.js';
import type { ModelRunner } from '../../generation/model-runner.js';
import {
  checkpointFolder,
  goldenPicture,
  largestDifference,
  loadGolden,
  type GoldenGeneration,
} from '../../golden-fixture.js';
import { cudaDialect } from '../../graph/dialect.js';
import { importCheckpoint } from '../../import/import-checkpoint.js';
import { Tokenizer } from '../../tokenizer/tokenizer.js';
import { LoopModelRunner } from './loop-model-runner.js';

/** CUDA's graphs, on the processor: what the graphs say is tested here, and not what a GPU makes of it. */
const DIALECT = { ...cudaDialect, provider: 'cpu' } as const;
const CHECKPOINTS = {
  'tiny-paligemma': 'tiny-paligemma',
  'tiny-paligemma-layout-b': 'tiny-paligemma',
  'tiny-paligemma-layout-c': 'tiny-paligemma',
  'tiny-paligemma-unpadded': 'tiny-paligemma',
  'tiny-paligemma2': 'tiny-paligemma2',
};

interface Asked {
  readonly maxNewTokens?: number;
  readonly sampling?: Sampling;
  readonly allowed?: readonly number[];
}

class Engine {
  readonly #batcher: ContinuousBatcher;
  /** Tokens that came back of each decode. */
  readonly runs: number[] = [];

  constructor(
    private readonly runner: ModelRunner,
    private readonly imageSize: number,
    private readonly eosId: number,
  ) {
    const decode = runner.decode.bind(runner);
    runner.decode = async (steps) => {
      const choices = await decode(steps);
      this.runs.push(Math.max(...[...choices.values()].map(({ length }) => length)));
      return choices;
    };
    this.#batcher = new ContinuousBatcher(runner);
  }

  async ask(golden: GoldenGeneration, asked: Asked = {}): Promise<FinishedSequence> {
    const { allowed, sampling, maxNewTokens = golden.max_new_tokens } = asked;
    const pixels = goldenPicture(golden.image_seed, this.imageSize);
    return this.#batcher.generate({
      image: await this.#batcher.encode(pixels, 0),
      prefix: golden.input_ids,
      maxNewTokens,
      eosId: this.eosId,
      priority: 0,
      ...(sampling && { sampling }),
      ...(allowed && { constraint: { allowed, take: () => undefined } }),
    });
  }

  async close(): Promise<void> {
    await this.#batcher.close();
    await this.runner.close();
  }
}

async function openEngine(
  folder: string,
  name: string,
  options: { slots: number; chunk?: number },
): Promise<Engine> {
  const { golden } = loadGolden(name);
  const { eosId } = await Tokenizer.load(folder);
  const shared = { ...options, maxTokens: 256, vocabularySize: golden.allowed_tokens, threads: 1 };
  const checkpoint = await openModel(folder);
  const runner =
    options.chunk === undefined
      ? await CpuModelRunner.open(checkpoint, shared)
      : await LoopModelRunner.open(checkpoint, { ...shared, eosId, dialect: DIALECT });
  return new Engine(runner, golden.image_size, eosId);
}

describe.each(Object.entries(CHECKPOINTS))('the loop inside the graph, %s', (name, of) => {
  const { golden } = loadGolden(of);

  it('gives the reference answers, rows of all lengths together', async () => {
    const engine = await openEngine(checkpointFolder(name), of, { slots: 7, chunk: 16 });
    const answers = await Promise.all(golden.generation.map((one) => engine.ask(one)));
    await engine.close();
    answers.forEach((answer, index) => {
      expect(answer.endReason).toBe(golden.generation[index]!.end_reason);
      expectTokens(answer, golden.generation[index]!);
      expect(answer.tokens).toHaveLength(golden.generation[index]!.generated_ids.length);
    });
    expect(Math.max(...engine.runs)).toBe(16);
  });
});

/** Its tokens are the first of the reference, and so are their probabilities. */
function expectTokens({ tokens, logProbabilities }: FinishedSequence, golden: GoldenGeneration) {
  expect(tokens).toEqual(golden.generated_ids.slice(0, tokens.length));
  const expected = golden.log_probabilities.slice(0, tokens.length);
  const [ours, theirs] = [logProbabilities, expected].map((list) => Float32Array.from(list));
  expect(largestDifference(ours!, theirs!)).toBeLessThan(3e-4);
}

/** The reference knows no more. */
function limitOf({ max_new_tokens }: GoldenGeneration, wanted: number): number {
  return Math.min(max_new_tokens, wanted);
}

const sequence = fc.record({
  which: fc.nat(49),
  maxNewTokens: fc.integer({ min: 1, max: 40 }),
});
const mix = fc.record({
  chunk: fc.integer({ min: 1, max: 40 }),
  slots: fc.integer({ min: 1, max: 9 }),
  sequences: fc.array(sequence, { minLength: 1, maxLength: 12 }),
});

describe.each(['tiny-paligemma', 'tiny-paligemma2'])('the loop inside the graph, %s', (name) => {
  const { golden } = loadGolden(name);

  it('gives the same tokens whatever the number of steps in a run', () =>
    fc.assert(
      fc.asyncProperty(mix, async ({ chunk, slots, sequences }) => {
        const engine = await openEngine(checkpointFolder(name), name, { slots, chunk });
        const cases = sequences.map(({ which }) => golden.generation[which]!);
        const answers = await Promise.all(
          cases.map((one, index) =>
            engine.ask(one, { maxNewTokens: limitOf(one, sequences[index]!.maxNewTokens) }),
          ),
        );
        await engine.close();
        answers.forEach((answer, index) => {
          const { generated_ids: expected } = cases[index]!;
          expectTokens(answer, cases[index]!);
          const limit = limitOf(cases[index]!, sequences[index]!.maxNewTokens);
          expect(answer.tokens).toHaveLength(Math.min(expected.length, limit));
        });
        expect(Math.max(0, ...engine.runs)).toBeLessThanOrEqual(chunk);
      }),
      { numRuns: 12 },
    ));

  it('chooses as the CPU does where rows sample or are constrained, beside greedy ones', async () => {
    const allowed = Array.from({ length: 40 }, (_, index) => 5 + 3 * index);
    const asked: Asked[] = [
      { sampling: { temperature: 1.5, seed: 7 } },
      { allowed },
      {},
      { sampling: { temperature: 0.8, topK: 5, seed: 8 } },
      { allowed: [9] },
    ];
    const answers = await Promise.all(
      [{}, { chunk: 16 }].map(async (options) => {
        const engine = await openEngine(checkpointFolder(name), name, { slots: 3, ...options });
        const all = await Promise.all(
          asked.map((one, index) =>
            engine.ask(golden.generation[index]!, { maxNewTokens: 12, ...one }),
          ),
        );
        await engine.close();
        return all.map(({ tokens }) => tokens);
      }),
    );
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[0]![1]!.every((token) => allowed.includes(token))).toBe(true);
  });
});

/**
 * On the processor the runtime computes these products in float32, with the float16 weights: what float16 costs is not
 * seen here.
 */
describe('the loop inside the graph, f16', () => {
  const name = 'tiny-paligemma2';
  const { golden } = loadGolden(name);
  let folder: string;
  beforeAll(async () => {
    folder = join(await mkdtemp(join(tmpdir(), 'loop-')), 'f16');
    await importCheckpoint(checkpointFolder(name), folder, { precision: 'f16' });
  });
  afterAll(() => rm(dirname(folder), { recursive: true }));

  it('gives the same tokens whatever the number of steps in a run', async () => {
    const answers = await Promise.all(
      [1, 5, 16].map(async (chunk) => {
        const engine = await openEngine(folder, name, { slots: 5, chunk });
        const cases = golden.generation.slice(0, 10);
        const all = await Promise.all(cases.map((one) => engine.ask(one)));
        await engine.close();
        return all.map(({ tokens }) => tokens);
      }),
    );
    expect(answers).toEqual([answers[0], answers[0], answers[0]]);
    expect(answers[0]).toEqual(golden.generation.slice(0, 10).map((one) => one.generated_ids));
  });

  it('computes the reference logits', async () => {
    const runner = await LoopModelRunner.open(await openModel(folder), {
      slots: 1,
      maxTokens: 256,
      vocabularySize: golden.allowed_tokens,
      dialect: DIALECT,
      threads: 1,
    });
    const { input_ids, image_seed, tail_logits } = golden.prefill[0]!;
    const [positions] = tail_logits.shape as [number, number];
    const image = await runner.encode(goldenPicture(image_seed, golden.image_size));
    const logits = await runner.logits(image, input_ids, positions);
    await runner.close();
    const { allowed_tokens: width, rows } = golden;
    const { floats } = loadGolden(name);
    for (let position = 0; position < positions; position++) {
      const start = position * rows;
      const expected = floats(tail_logits).subarray(start, start + width);
      const actual = logits.subarray(position * width, (position + 1) * width);
      expect(largestDifference(actual, expected)).toBeLessThan(1e-4);
    }
  });
});
