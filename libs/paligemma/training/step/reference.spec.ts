/** Gradients and a run of 50 updates beside PyTorch's: test/reference/make_training_goldens.py. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCheckpoint, type Checkpoint } from '../../checkpoint/checkpoint.js';
import { normalTensorName } from '../../checkpoint/tensor-name.js';
import { imagePatches } from '../../generation/image-patches.js';
import { checkpointFolder, goldenPicture } from '../../golden-fixture.js';
import { GraphSession } from '../../graph/graph-session.js';
import { learnedTensors, type LearnedTensor } from '../graph/learned-tensors.js';
import {
  trainingGraph,
  trainingPorts,
  type TrainingGraphOptions,
} from '../graph/training-graph.js';
import type { Recipe } from '../recipe.js';
import { recipeOf } from '../recipe-fixture.js';
import { firstWeights } from '../run/first-weights.js';
import { batchFeeds } from './batch-feeds.js';
import { Learner } from './learner.js';
import { firstState } from './learner-state.js';
import { learningRateAt } from './learning-rate.js';
import { locationTargets, type SoftKind } from './soft-kinds.js';

interface Example {
  readonly image_seed: number;
  readonly head: readonly number[];
  readonly tail: readonly number[];
}
interface Golden {
  readonly text_tokens: number;
  readonly batch: number;
  readonly gradient_examples: number;
  readonly smoothing: number;
  readonly deviation: number;
  readonly losses: Readonly<Record<'example' | 'token' | 'smooth' | 'soft', number>>;
  readonly examples: readonly Example[];
  readonly tensors: Readonly<Record<string, { norm: number; indices: number[]; offset: number }>>;
  readonly curve: { readonly losses: readonly number[]; readonly rates: readonly number[] };
}

const FIRST_LOCATION = 512;
const LABELS = 8;
/** Below it, PyTorch's own float32 is as far from its float64: a key's bias has no gradient but rounding. */
const NOISE = 1e-6;
const RECIPE = recipeOf();

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../../../test/fixtures/training/${name}`, import.meta.url));

describe.each(['tiny-paligemma', 'tiny-paligemma2'])(
  'training of %s',
  { timeout: 60_000 },
  (name) => {
    const golden = JSON.parse(readFileSync(fixture(`${name}.json`), 'utf8')) as Golden;
    const samples = new Float32Array(Uint8Array.from(readFileSync(fixture(`${name}.f32`))).buffer);
    const examples = golden.examples.slice(0, golden.gradient_examples);
    let checkpoint: Checkpoint;
    let learned: readonly LearnedTensor[];
    let weights: Record<string, Tensor>;
    const sessions: GraphSession[] = [];

    beforeAll(async () => {
      checkpoint = await openCheckpoint(checkpointFolder(name));
      learned = learnedTensors(checkpoint.config, checkpoint.embeddingRows, RECIPE.tuning);
      const state = firstState(learned, firstWeights(checkpoint, 1), RECIPE.optimiser);
      weights = Object.fromEntries(state.weights);
    });
    afterAll(async () => {
      for (const session of sessions) await session.release();
    });

    function options(
      batch: number,
      recipe: Partial<Recipe> = {},
      soft: SoftKind[] = [],
    ): TrainingGraphOptions {
      const sizes = { batch, textTokens: golden.text_tokens, labels: batch * LABELS };
      return { ...sizes, learned, soft, recipe: { ...RECIPE, ...recipe }, hasTower: true };
    }

    function feeds(
      batch: readonly Example[],
      graph: TrainingGraphOptions,
      mean: Recipe['lossMean'],
    ) {
      const { imageTokens, vision } = checkpoint.config;
      const { imageSize, patchSize } = vision;
      const pictures = batch.map(({ image_seed }) =>
        imagePatches(goldenPicture(image_seed, imageSize), imageSize, patchSize),
      );
      const width = pictures[0]!.length / imageTokens;
      const rows = Float32Array.from(pictures.flatMap((picture) => [...picture]));
      const labels = batch.reduce((sum, { tail }) => sum + tail.length, 0);
      const totals = { examples: batch.length, labels };
      const texts = batch.map((example) => asPreprocessed(example, golden.text_tokens + 1));
      return {
        ...batchFeeds(
          texts.map((text) => [text]),
          imageTokens,
          graph,
          { lossMean: mean, totals, soft: graph.soft },
        ),
        patches: new Tensor('float32', rows, [batch.length * imageTokens, width]),
      };
    }

    async function run(graph: TrainingGraphOptions, mean: Recipe['lossMean'], names: string[]) {
      const { weightFolder } = checkpoint;
      const session = await GraphSession.open(trainingGraph(checkpoint, graph), { weightFolder });
      sessions.push(session);
      const inputs = { ...feeds(examples, graph, mean), ...weights };
      return session.run(inputs, [trainingPorts.loss, ...names]);
    }

    it.each([false, true])(
      'has the gradients of autograd; layers computed again: %s',
      async (recomputes) => {
        const ports = learned.map((tensor) => trainingPorts.gradient(tensor.name));
        const results = await run(options(examples.length, { recomputes }), 'example', ports);
        const loss = (results[trainingPorts.loss]!.data as Float32Array)[0]!;
        expect(Math.abs(loss - golden.losses.example)).toBeLessThan(1e-5);
        const compared = new Set<string>();
        for (const [published, { norm, indices, offset }] of Object.entries(golden.tensors)) {
          const tensor = normalTensorName(published)!;
          const gradient = results[trainingPorts.gradient(tensor)]!.data as Float32Array;
          const difference = Math.hypot(
            ...indices.map((at, place) => gradient[at]! - samples[offset + place]!),
          );
          expect(difference, `of ${tensor}`).toBeLessThan(1e-3 * norm + NOISE);
          const own = Math.sqrt(gradient.reduce((sum, value) => sum + value * value, 0));
          expect(Math.abs(own - norm), `of ${tensor}`).toBeLessThan(1e-3 * norm + NOISE);
          compared.add(tensor);
        }
        expect([...compared].toSorted()).toEqual(learned.map((tensor) => tensor.name).toSorted());
      },
    );

    it('has the losses of both means, of smoothing and of spread locations', async () => {
      const soft = [locationTargets(FIRST_LOCATION, golden.deviation)];
      const count = examples.length;
      const found = {
        token: await run(options(count), 'token', []),
        smooth: await run(options(count, { labelSmoothing: golden.smoothing }), 'example', []),
        soft: await run(options(count, {}, soft), 'example', []),
      };
      for (const [kind, results] of Object.entries(found)) {
        const loss = (results[trainingPorts.loss]!.data as Float32Array)[0]!;
        const expected = golden.losses[kind as keyof typeof found];
        expect(Math.abs(loss - expected), `loss ${kind}`).toBeLessThan(1e-5);
      }
    });

    it('follows the loss of torch over 50 updates within 1 %', async () => {
      const graph = options(golden.batch);
      const state = firstState(learned, firstWeights(checkpoint, 1), RECIPE.optimiser);
      const learner = await Learner.open(checkpoint, state, { graph, recipe: RECIPE });
      const { losses, rates } = golden.curve;
      const worst = { loss: 0 };
      for (const [index, expected] of losses.entries()) {
        const batch = Array.from(
          { length: golden.batch },
          (_, at) => golden.examples[(index * golden.batch + at) % golden.examples.length]!,
        );
        const rate = learningRateAt(index + 1, losses.length, RECIPE);
        expect(rate).toBeCloseTo(rates[index]!, 12);
        const { loss } = await learner.update([feeds(batch, graph, 'example')], rate);
        worst.loss = Math.max(worst.loss, Math.abs(loss - expected) / expected);
      }
      await learner.release();
      expect(worst.loss).toBeLessThan(0.01);
    });
  },
);

function asPreprocessed({ head, tail }: Example, length: number) {
  const text = [...head, ...tail];
  const row = (value: (at: number) => number): number[] =>
    Array.from({ length }, (_, at) => value(at));
  return {
    tokens: row((at) => text[at] ?? 0),
    maskAr: row((at) => Number(at >= head.length)),
    maskLoss: row((at) => Number(at >= head.length && at < text.length)),
    maskInput: row((at) => Number(at < text.length)),
  };
}
