import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../checkpoint/checkpoint.js';
import {
  checkpointFolder,
  goldenPicture,
  largestDifference,
  loadGolden,
  type GoldenGeneration,
} from '../../golden-fixture.js';
import type { Generation } from '../../generation/answer-request.js';
import { PaliGemma } from '../../paligemma.js';
import { HAS_WEBGPU, useSwiftShader } from './swiftshader-fixture.js';
import { WebGpuModelRunner } from './webgpu-model-runner.js';

/** As on the CPU. */
const LOGIT_NOISE = 1e-4;
const SLOTS = 3;
const LONG = 300_000;
useSwiftShader();

interface Asked {
  readonly golden: GoldenGeneration;
  /** When the one before it in the mix has ended. */
  readonly isCancelled: boolean;
  readonly priority: number;
}

describe.skipIf(!HAS_WEBGPU).each(['tiny-paligemma', 'tiny-paligemma2'])('%s on WebGPU', (name) => {
  const { golden, floats } = loadGolden(name);
  /** Answers are long, and software is no fast GPU: some of the fifty. */
  const cases = golden.generation.filter((_, index) => index % 8 === 1);
  const alone = new Map<GoldenGeneration, Generation>();
  let model: PaliGemma;

  beforeAll(async () => {
    model = await PaliGemma.load(checkpointFolder(name), { provider: 'webgpu', slots: SLOTS });
  }, LONG);
  afterAll(() => model?.close());

  const ask = async (
    { prompt, image_seed, max_new_tokens }: GoldenGeneration,
    options: { signal?: AbortSignal; priority?: number } = {},
  ): Promise<Generation> => {
    const image = await model.encode(goldenPicture(image_seed, golden.image_size), options);
    return model.answer({ image, prompt, maxNewTokens: max_new_tokens, ...options });
  };

  it('computes the reference logits', { timeout: LONG }, async () => {
    const runner = await WebGpuModelRunner.open(await openCheckpoint(checkpointFolder(name)), {
      slots: 1,
      maxTokens: 256,
      vocabularySize: golden.allowed_tokens,
    });
    for (const { input_ids, image_seed, tail_logits } of golden.prefill) {
      const [positions] = tail_logits.shape as [number, number];
      const image = await runner.encode(goldenPicture(image_seed, golden.image_size));
      const logits = await runner.logits(image, input_ids, positions);
      const width = golden.allowed_tokens;
      for (let position = 0; position < positions; position++) {
        const start = position * golden.rows;
        const expected = floats(tail_logits).subarray(start, start + width);
        const actual = logits.subarray(position * width, (position + 1) * width);
        expect(largestDifference(actual, expected)).toBeLessThan(LOGIT_NOISE);
      }
    }
    await runner.close();
  });

  it('gives the reference answers, one at a time', { timeout: LONG }, async () => {
    for (const reference of cases) {
      const answer = await ask(reference);
      alone.set(reference, answer);
      expect(answer.tokens).toEqual(reference.generated_ids);
      expect(answer.endReason).toBe(reference.end_reason);
      reference.log_probabilities.forEach((expected, index) =>
        expect(Math.abs(answer.logProbabilities[index]! - expected)).toBeLessThan(3e-4),
      );
    }
  });

  it('gives the same bits in any mix, with refills and cancelled mates', { timeout: LONG }, () => {
    const asked = fc.record({
      golden: fc.constantFrom(...cases),
      isCancelled: fc.boolean(),
      priority: fc.nat(2),
    });
    const mixes = fc.array(asked, { minLength: SLOTS + 2, maxLength: 7 });
    return fc.assert(
      fc.asyncProperty(mixes, async (mix) => {
        const answers = await askTogether(mix);
        answers.forEach((answer, index) => expectAlone(answer, mix[index]!.golden));
      }),
      { numRuns: 3 },
    );
  });

  async function askTogether(mix: readonly Asked[]): Promise<Generation[]> {
    const controllers = mix.map(() => new AbortController());
    return Promise.all(
      mix.map(({ golden: one, priority }, index) =>
        ask(one, { priority, signal: controllers[index]!.signal }).finally(() => {
          if (mix[index + 1]?.isCancelled) controllers[index + 1]!.abort();
        }),
      ),
    );
  }

  function expectAlone(answer: Generation, reference: GoldenGeneration): void {
    const { tokens, logProbabilities } = alone.get(reference)!;
    const count = answer.endReason === 'cancelled' ? answer.tokens.length : tokens.length;
    expect(answer.tokens).toEqual(tokens.slice(0, count));
    expect(answer.logProbabilities).toEqual(logProbabilities.slice(0, count));
  }
});
