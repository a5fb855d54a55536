import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkpointFolder, goldenPicture, loadGolden } from '../golden-fixture.js';
import { importCheckpoint } from '../import/import-checkpoint.js';
import { PaliGemma } from '../paligemma.js';
import type { Generation } from './answer-request.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'batching-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Who asks for how much, how urgently, and whether it is cancelled when the one before it ends. */
const request = fc.record({
  which: fc.nat(49),
  maxNewTokens: fc.integer({ min: 1, max: 24 }),
  priority: fc.nat(2),
  isCancelled: fc.boolean(),
});
const mix = fc.record({
  slots: fc.integer({ min: 1, max: 9 }),
  requests: fc.array(request, { minLength: 2, maxLength: 24 }),
});

describe.each(['tiny-paligemma', 'tiny-paligemma2'])('%s in int8', (name) => {
  const { golden } = loadGolden(name);
  let engine: string;
  let single: PaliGemma;
  beforeAll(async () => {
    engine = join(folder, name);
    await importCheckpoint(checkpointFolder(name), engine, { precision: 'int8' });
    single = await PaliGemma.load(engine, { slots: 1, threads: 1 });
  });
  afterAll(() => single.close());

  const ask = async (
    model: PaliGemma,
    which: number,
    options: { maxNewTokens: number; priority?: number; signal?: AbortSignal },
  ): Promise<Generation> => {
    const { prompt, image_seed: seed } = golden.generation[which]!;
    const image = await model.encode(goldenPicture(seed, golden.image_size), options);
    return model.answer({ image, prompt, ...options });
  };
  const alone = async (which: number): Promise<Generation> => {
    const known = answers.get(which) ?? ask(single, which, { maxNewTokens: 24 });
    answers.set(which, known);
    return known;
  };
  const answers = new Map<number, Promise<Generation>>();

  it('gives the same bits in any mix of lengths, priorities, refills and cancellations', async () => {
    let cancelled = 0;
    await fc.assert(
      fc.asyncProperty(mix, async ({ slots, requests }) => {
        const model = await PaliGemma.load(engine, { slots, threads: 2 });
        const controllers = requests.map(() => new AbortController());
        const together = await Promise.all(
          requests.map(({ which, maxNewTokens, priority }, index) => {
            const { signal } = controllers[index]!;
            return ask(model, which, { maxNewTokens, priority, signal }).finally(() => {
              if (requests[index + 1]?.isCancelled) controllers[index + 1]!.abort();
            });
          }),
        );
        await model.close();
        for (const [index, actual] of together.entries()) {
          const expected = await alone(requests[index]!.which);
          const length = actual.tokens.length;
          expect(actual.tokens).toEqual(expected.tokens.slice(0, length));
          expect(actual.logProbabilities).toEqual(expected.logProbabilities.slice(0, length));
          if (actual.endReason === 'cancelled') cancelled++;
          else expect(length).toBe(Math.min(expected.tokens.length, requests[index]!.maxNewTokens));
        }
      }),
      { numRuns: 15 },
    );
    expect(cancelled).toBeGreaterThan(0);
  });
});
