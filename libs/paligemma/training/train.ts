import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '#contracts';
import type { Checkpoint } from '../checkpoint/checkpoint.js';
import { HEAD } from '../checkpoint/expected-tensors.js';
import { Pictures } from './data/pictures.js';
import { TrainingData } from './data/training-data.js';
import { learnedTensors } from './graph/learned-tensors.js';
import type { TrainingGraphOptions } from './graph/training-graph.js';
import { Batches, patchSide, type PictureSide, type UpdateBatches } from './run/batches.js';
import { checkRecipe } from './run/check-recipe.js';
import { firstWeights } from './run/first-weights.js';
import { HeldOut } from './run/held-out.js';
import type { Lesson } from './run/lesson.js';
import { openBase, type Base } from './run/open-base.js';
import { identifyRun } from './run/run-identity.js';
import { RunLog } from './run/run-log.js';
import { writeRunPlot } from './run/run-plot.js';
import { findState, saveState } from './run/run-state.js';
import { softTargets } from './run/soft-targets.js';
import { textLesson } from './run/text-lesson.js';
import { towerLesson } from './run/tower-lesson.js';
import { TowerSide } from './run/tower-side.js';
import { writeAdapter, writeCheckpoint } from './run/write-result.js';
import { Learner } from './step/learner.js';
import { firstState } from './step/learner-state.js';
import { learningRateAt } from './step/learning-rate.js';
import type { TrainingEvent, TrainingOptions, TrainingOutcome } from './training-run.js';

/** What the run's plot is drawn again after. */
const PLOTTED = new Set<TrainingEvent['kind']>(['evaluation', 'stopped', 'finished']);

/**
 * Trains from a checkpoint and a file of examples, or goes on with a run that was stopped or killed, to the same
 * weights, bit for bit, on the same machine with the same number of threads.
 * Errors: `training.bad_recipe`, `training.bad_base`, `training.bad_data`, `training.no_data`, `training.other_run`,
 * `training.bad_checkpoint`, `checkpoint.*`; nothing was trained then.
 */
export async function train(options: TrainingOptions): Promise<TrainingOutcome> {
  checkRecipe(options.recipe);
  const base = await openBase(options.base);
  return options.recipe.tuning.kind === 'tower'
    ? learn(options, base, towerLesson)
    : learn(options, base, textLesson);
}

async function learn<Line extends { readonly image: string }>(
  options: TrainingOptions,
  base: Base,
  lesson: Lesson<Line>,
): Promise<TrainingOutcome> {
  const kind = lesson.lines(base, options.recipe);
  const data = await TrainingData.open(options.data, kind);
  try {
    const validation = options.validation && (await TrainingData.open(options.validation, kind));
    try {
      await mkdir(options.output, { recursive: true });
      await identifyRun(options.output, options.recipe, options.data, base.checkpoint);
      const run = await Run.open(lesson, options, base, data, validation || undefined);
      return await run.finish();
    } finally {
      if (validation) await validation.close();
    }
  } finally {
    await data.close();
  }
}

/** What one start of a run works with. */
interface RunParts<Line extends { readonly image: string }> {
  readonly options: TrainingOptions;
  readonly base: Base;
  readonly graph: TrainingGraphOptions;
  readonly learner: Learner;
  readonly log: RunLog;
  readonly pictures: PictureSide;
  readonly batches: Batches<Line>;
  readonly heldOut: HeldOut<Line> | undefined;
}

/** One start of a run: from its newest checkpoint to its end, or to where it is stopped. */
class Run<Line extends { readonly image: string }> {
  /** Of the newest checkpoint; undefined before the first. */
  #savedStep: number | undefined;

  private constructor(private readonly parts: RunParts<Line>) {
    const { step } = parts.learner.current;
    if (step > 0) this.#savedStep = step;
  }

  static async open<Line extends { readonly image: string }>(
    lesson: Lesson<Line>,
    options: TrainingOptions,
    base: Base,
    data: TrainingData<Line>,
    validation: TrainingData<Line> | undefined,
  ): Promise<Run<Line>> {
    const { recipe, output, threads } = options;
    const { checkpoint, tokenizer } = base;
    const { config, embeddingRows, tensors } = checkpoint;
    const { imageTokens } = config;
    const updateSize = recipe.batchSize * recipe.accumulation;
    if (data.count < updateSize) throw tooFew(options.data, data.count, updateSize);
    const most = data.mostLabels.map((count, question) =>
      Math.max(count, validation?.mostLabels[question] ?? 0),
    );
    const graph = {
      ...lesson.sizes(most, recipe),
      learned: learnedTensors(config, embeddingRows, recipe.tuning, tensors.has(HEAD)),
      soft: await softTargets(base.directory, tokenizer, base.vocabularySize, recipe),
      recipe,
      hasTower: recipe.tuning.kind === 'full' || recipe.tuning.kind === 'tower',
    };
    const state =
      (await findState(output, graph.learned)) ??
      firstState(graph.learned, firstWeights(checkpoint, recipe.seed), recipe.optimiser);
    const pictures = await openPictures(checkpoint, graph.hasTower, threads);
    const labels = lesson.labels(base, graph, recipe);
    const common = { labels, pictures, imageTokens, sizes: graph };
    return new Run({
      options,
      base,
      graph,
      learner: await Learner.open(checkpoint, state, { graph, recipe, threads }),
      log: await RunLog.open(output, state.step),
      pictures,
      batches: new Batches({ ...common, data, recipe }),
      heldOut:
        validation &&
        new HeldOut({
          lesson,
          data: validation,
          batches: new Batches({
            ...common,
            data: validation,
            recipe: { ...recipe, accumulation: 1 },
          }),
          base,
          graph,
          output,
        }),
    });
  }

  async finish(): Promise<TrainingOutcome> {
    const { options, batches, learner, pictures, graph } = this.parts;
    const { recipe, signal } = options;
    const steps = recipe.epochs * batches.updatesPerEpoch;
    const resumedAt = learner.current.step;
    const count = (shape: readonly number[]): number => shape.reduce((all, size) => all * size, 1);
    await this.#say({
      kind: 'started',
      examples: recipe.batchSize * recipe.accumulation * batches.updatesPerEpoch,
      steps,
      resumedAt,
      trainedParameters: graph.learned.reduce((sum, { shape }) => sum + count(shape), 0),
    });
    try {
      let next = resumedAt < steps ? batches.ofUpdate(resumedAt + 1) : undefined;
      for (let step = resumedAt + 1; step <= steps; step++) {
        if (signal?.aborted) break;
        const parts = await next!;
        // The next batch is read and decoded on other threads while this one is computed.
        next = step < steps ? batches.ofUpdate(step + 1) : undefined;
        next?.catch(() => undefined);
        await this.#update(step, steps, parts);
      }
      await next;
      return await this.#end(steps);
    } finally {
      await learner.release();
      await pictures.release();
    }
  }

  async #update(step: number, steps: number, { batches, examples }: UpdateBatches): Promise<void> {
    const { recipe } = this.parts.options;
    const startedAt = performance.now();
    const learningRate = learningRateAt(step, steps, recipe);
    const { loss, gradientNorm } = await this.parts.learner.update(batches, learningRate);
    const seconds = (performance.now() - startedAt) / 1e3;
    const examplesPerSecond = examples / seconds;
    await this.#say({ kind: 'step', step, loss, learningRate, gradientNorm, examplesPerSecond });
    if (!Number.isFinite(loss)) throw diverged(step);
    if (step % recipe.evaluateEvery === 0 && step < steps) await this.#evaluate();
    if (step % recipe.checkpointEvery === 0 && step < steps) await this.#save();
  }

  async #end(steps: number): Promise<TrainingOutcome> {
    const { step } = this.parts.learner.current;
    await this.#save();
    if (step < steps) {
      await this.#say({ kind: 'stopped', step });
      return { end: 'stopped', step, result: undefined };
    }
    const result = join(this.parts.options.output, 'result');
    await this.#evaluate();
    await this.#write(result);
    await this.#say({ kind: 'finished', step, result });
    return { end: 'finished', step, result };
  }

  /** Once a step: whoever is told of a checkpoint may be reading it while the run ends after the same step. */
  async #save(): Promise<void> {
    const { options, learner } = this.parts;
    const { step } = learner.current;
    if (step === this.#savedStep) return;
    const folder = await saveState(options.output, learner.current);
    this.#savedStep = step;
    await this.#say({ kind: 'checkpoint', step, folder });
  }

  async #write(folder: string): Promise<void> {
    const { options, base, learner } = this.parts;
    const { tuning } = options.recipe;
    const { weights } = learner.current;
    if (tuning.kind === 'lora') await writeAdapter(folder, base, weights, tuning);
    else await writeCheckpoint(folder, base, weights, tuning);
  }

  async #evaluate(): Promise<void> {
    const { learner, heldOut } = this.parts;
    if (heldOut === undefined) return;
    const { weights, step } = learner.current;
    await this.#say({ kind: 'evaluation', step, ...(await heldOut.evaluate(weights)) });
  }

  async #say(event: TrainingEvent): Promise<void> {
    await this.parts.log.add(event);
    if (PLOTTED.has(event.kind)) await writeRunPlot(this.parts.options.output);
    this.parts.options.onEvent?.(event);
  }
}

/** Patches as they are where the tower learns; else its output, computed once for each picture. */
async function openPictures(
  checkpoint: Checkpoint,
  hasTower: boolean,
  threads: number | undefined,
): Promise<PictureSide> {
  const { imageSize, patchSize } = checkpoint.config.vision;
  const reader = new Pictures({ imageSize, patchSize });
  const read = (path: string) => reader.patches(path);
  return hasTower ? patchSide(patchSize, read) : TowerSide.open(checkpoint, read, threads);
}

function tooFew(path: string, count: number, needed: number): AppError {
  return new AppError(
    'training.no_data',
    `${path} has ${count} examples, and one update takes ${needed}. Add examples, or make the batch size or the accumulation smaller.`,
    { context: { path, count, needed } },
  );
}

function diverged(step: number): AppError {
  return new AppError(
    'training.diverged',
    `The loss is no number any more at update ${step}. Start again with a lower learning rate, or with a clipNorm.`,
    { context: { step } },
  );
}
