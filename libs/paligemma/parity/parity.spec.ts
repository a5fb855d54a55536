/**
 * Every option that a checkpoint has, drawn at random, beside Hugging Face transformers. PARITY_FIXTURES names a folder
 * of other draws: see test/reference/README.md.
 */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { openCheckpoint } from '../checkpoint/checkpoint.js';
import { ContinuousBatcher } from '../generation/continuous-batcher.js';
import { CpuModelRunner } from '../generation/cpu-model-runner.js';
import { goldenPicture } from '../golden-fixture.js';
import { writeDrawnCheckpoint, type DrawnCase } from './drawn-checkpoint-fixture.js';

const FOLDER =
  process.env['PARITY_FIXTURES'] ??
  fileURLToPath(new URL('../../../test/fixtures/parity', import.meta.url));
const { kept, cases } = JSON.parse(readFileSync(join(FOLDER, 'cases.json'), 'utf8')) as {
  kept: number[];
  cases: DrawnCase[];
};
const bytes = Uint8Array.from(readFileSync(join(FOLDER, 'logits.f32')));
const logits = new Float32Array(bytes.buffer);
const IMAGE_TOKEN = 1664;
const EOS = 1;
const TIMEOUT_MS = 300_000;

it(
  `gives the tokens of transformers, and its logits within 1e-4: ${cases.length} random models`,
  async () => {
    let worst = 0;
    let row = 0;
    for (const drawn of cases) {
      const difference = await compare(drawn, row);
      expect(difference, `seed ${drawn.seed}`).toBeLessThan(1e-4);
      worst = Math.max(worst, difference);
      row += drawn.prompts.length;
    }
    expect(row).toBeGreaterThanOrEqual(200);
    console.log(`largest difference of a logit: ${worst.toExponential(2)}`);
  },
  TIMEOUT_MS,
);

/** The largest difference of a kept logit; tokens are compared here. */
async function compare(drawn: DrawnCase, firstRow: number): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), 'parity-'));
  try {
    await writeDrawnCheckpoint(directory, drawn);
    const checkpoint = await openCheckpoint(directory);
    const runner = await CpuModelRunner.open(checkpoint, {
      slots: 2,
      maxTokens: 128,
      vocabularySize: IMAGE_TOKEN,
      threads: 1,
    });
    const batcher = new ContinuousBatcher(runner);
    let worst = 0;
    for (const [index, { image_seed: seed, text_ids: text, ids }] of drawn.prompts.entries()) {
      const picture = goldenPicture(seed, drawn.vision.image_size);
      const image = await batcher.encode(picture, 0);
      const prefix = [...Array<number>(image.tokens).fill(IMAGE_TOKEN), ...text];
      const actual = await runner.logits(image, prefix, 1);
      const expected = logits.subarray((firstRow + index) * kept.length);
      kept.forEach((id, place) => {
        worst = Math.max(worst, Math.abs(actual[id]! - expected[place]!));
      });
      const answer = { image, prefix, maxNewTokens: 6, eosId: EOS, priority: 0 };
      const { tokens } = await batcher.generate(answer);
      expect(tokens, `seed ${drawn.seed}`).toEqual(ids);
    }
    await batcher.close();
    await runner.close();
    return worst;
  } finally {
    await rm(directory, { recursive: true });
  }
}
