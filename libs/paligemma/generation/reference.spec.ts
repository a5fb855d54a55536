import { afterAll, describe, expect, it } from 'vitest';
import { openCheckpoint } from '../checkpoint/checkpoint.js';
import {
  checkpointFolder,
  goldenPicture,
  largestDifference,
  loadGolden,
} from '../golden-fixture.js';
import { CpuModelRunner } from './cpu-model-runner.js';

/** The promise; logits go up to 16, so this is float32's own noise. */
const LOGIT_NOISE = 1e-4;
const CHECKPOINTS = {
  'tiny-paligemma': 'tiny-paligemma',
  'tiny-paligemma-layout-b': 'tiny-paligemma',
  'tiny-paligemma-layout-c': 'tiny-paligemma',
  'tiny-paligemma-unpadded': 'tiny-paligemma',
  'tiny-paligemma2': 'tiny-paligemma2',
};

describe.each(Object.entries(CHECKPOINTS))(
  '%s computes what transformers computes',
  async (name, of) => {
    const { golden, floats } = loadGolden(of);
    const runner = await CpuModelRunner.open(await openCheckpoint(checkpointFolder(name)), {
      slots: 1,
      maxTokens: 256,
      vocabularySize: golden.allowed_tokens,
      threads: 1,
    });
    const encode = (seed: number) => runner.encode(goldenPicture(seed, golden.image_size));
    afterAll(() => runner.close());

    it('for image features', async () => {
      const { data } = await encode(golden.image_features.image_seed);
      expect(largestDifference(data, floats(golden.image_features))).toBeLessThan(1e-5);
    });

    it.each(golden.prefill)('for logits after "$prompt"', async (prefill) => {
      const { input_ids, image_seed, tail_logits } = prefill;
      const [positions] = tail_logits.shape as [number, number];
      const logits = await runner.logits(await encode(image_seed), input_ids, positions);
      const expected = floats(tail_logits);
      for (let position = 0; position < positions; position++) {
        const row = logits.subarray(
          position * golden.allowed_tokens,
          (position + 1) * golden.allowed_tokens,
        );
        const start = position * golden.rows;
        const wanted = expected.subarray(start, start + golden.allowed_tokens);
        expect(largestDifference(row, wanted)).toBeLessThan(LOGIT_NOISE);
      }
    });
  },
);
