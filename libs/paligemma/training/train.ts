import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '#contracts';
import { Pictures } from './data/pictures.js';
import { TrainingData } from './data/training-data.js';
import { learnedTensors, type LearnedTensor } from './graph/learned-tensors.js';
import type { TrainingGraphOptions } from './graph/training-graph.js';
import { Batches, patchSide, type PictureSide } from './run/batches.js';
import { checkRecipe } from './run/check-recipe.js';
import { evaluateAnswers, evaluateLoss } from './run/evaluate.js';
import { firstWeights } from './run/first-weights.js';
import { openBase, type Base } from './run/open-base.js';
import { identifyRun } from './run/run-identity.js';
import { RunLog } from './run/run-log.js';
import { findState, saveState } from './run/run-state.js';
import { softTargets } from './run/soft-targets.js';
import { TowerSide } from './run/tower-side.js';
import { writeAdapter, writeCheckpoint } from './run/write-result.js';
import { Learner } from './step/learner.js';
import { firstState } from './step/learner-state.js';
import { learningRateAt } from './step/learning-rate.js';
import type { SoftKind } from './step/soft-kinds.js';
import type { TrainingEvent, TrainingOptions, TrainingOutcome } from './training-run.js';

/** Of the validation set: loss over the first ones, answers to fewer, since those are generated. */
const LOSS_EXAMPLES = 256;
const ANSWER_EXAMPLES = 128;

/**
 * Trains from a checkpoint and a file of examples, or goes on with a run that was stopped or killed, to the same
 * weights, bit for bit, on the same machine with the same number of threads.
 * Errors: `training.bad_recipe`, `training.bad_base`, `training.bad_data`, `training.no_data`, `training.other_run`,
 * `training.bad_checkpoint`, `checkpoint.*`; nothing was trained then.
 */
export async function train(options: TrainingOptions): Promise<TrainingOutcome> {
  checkRecipe(options.recipe);
  const base = await openBase(options.base);
  const data = await openData(options.data, base, options);
  try {
    const validation = options.validation && (await openData(options.validation, base, options));
    try {
      await mkdir(options.output, { recursive: true });
      await identifyRun(options.output, options.recipe, options.data, base.checkpoint);
      const run = await Run.open(options, base, data, validation || undefined);
      return await run.finish();
    } finally {
      if (validation) await validation.close();
    }
  } finally {
    await data.close();
  }
}

function openData(path: string, base: Base, { recipe }: TrainingOptions): Promise<TrainingData> {
  const { tokenizer, vocabularySize } = base;
  return TrainingData.open(path, { tokenizer, vocabularySize, textTokens: recipe.textTokens });
}

/** One start of a run: from its newest checkpoint to its end, or to where it is stopped. */
class Run {
  private constructor(
    private readonly options: TrainingOptions,
    private readonly base: Base,
    private readonly learned: readonly LearnedTensor[],
    private readonly batches: Batches,
    private readonly graph: TrainingGraphOptions,
    private readonly learner: Learner,
    private readonly log: RunLog,
    private readonly pictures: PictureSide,
    private readonly soft: readonly SoftKind[],
    private readonly validation: TrainingData | undefined,
  ) {}

  static async open(
    options: TrainingOptions,
    base: Base,
    data: TrainingData,
    validation: TrainingData | undefined,
  ): Promise<Run> {
    const { recipe, output, threads } = options;
    const { checkpoint, tokenizer } = base;
    const { config, embeddingRows, tensors } = checkpoint;
    const hasTower = recipe.tuning.kind === 'full';
    const learned = learnedTensors(
      config,
      embeddingRows,
      recipe.tuning,
      tensors.has('head.weight'),
    );
    const state =
      (await findState(output, learned)) ??
      firstState(learned, firstWeights(checkpoint, recipe.seed), recipe.optimiser);
    const soft = await softTargets(base.directory, tokenizer, base.vocabularySize, recipe);
    const most = Math.max(data.mostLabels, validation?.mostLabels ?? 0);
    const sizes = {
      batch: recipe.batchSize,
      textTokens: recipe.textTokens,
      labels: recipe.batchSize * most,
    };
    const graph = { ...sizes, learned, soft, recipe, hasTower };
    const { imageSize, patchSize } = config.vision;
    const reader = new Pictures({ imageSize, patchSize });
    const read = (path: string) => reader.patches(path);
    const pictures = hasTower
      ? patchSide(patchSize, read)
      : await TowerSide.open(checkpoint, read, threads);
    const { imageTokens } = config;
    const batches = new Batches({ data, tokenizer, pictures, imageTokens, sizes, recipe, soft });
    if (batches.updatesPerEpoch === 0)
      throw tooFew(options.data, data.count, recipe.batchSize * recipe.accumulation);
    const learner = await Learner.open(checkpoint, state, { graph, recipe, threads });
    const log = await RunLog.open(output, state.step);
    return new Run(
      options,
      base,
      learned,
      batches,
      graph,
      learner,
      log,
      pictures,
      soft,
      validation,
    );
  }

  async finish(): Promise<TrainingOutcome> {
    const { recipe, signal } = this.options;
    const steps = recipe.epochs * this.batches.updatesPerEpoch;
    const resumedAt = this.learner.current.step;
    const count = (shape: readonly number[]): number => shape.reduce((all, size) => all * size, 1);
    await this.#say({
      kind: 'started',
      examples: recipe.batchSize * recipe.accumulation * this.batches.updatesPerEpoch,
      steps,
      resumedAt,
      trainedParameters: this.learned.reduce((sum, { shape }) => sum + count(shape), 0),
    });
    try {
      let next = resumedAt < steps ? this.batches.ofUpdate(resumedAt + 1) : undefined;
      for (let step = resumedAt + 1; step <= steps; step++) {
        if (signal?.aborted) break;
        const batches = await next!;
        // The next batch is read and decoded on other threads while this one is computed.
        next = step < steps ? this.batches.ofUpdate(step + 1) : undefined;
        next?.catch(() => undefined);
        await this.#update(step, steps, batches);
      }
      await next;
      return await this.#end(steps);
    } finally {
      await this.learner.release();
      if (this.pictures instanceof TowerSide) await this.pictures.release();
    }
  }

  async #update(
    step: number,
    steps: number,
    batches: Parameters<Learner['update']>[0],
  ): Promise<void> {
    const { recipe } = this.options;
    const startedAt = performance.now();
    const learningRate = learningRateAt(step, steps, recipe);
    const { loss, gradientNorm } = await this.learner.update(batches, learningRate);
    const seconds = (performance.now() - startedAt) / 1e3;
    const examplesPerSecond = (recipe.batchSize * recipe.accumulation) / seconds;
    await this.#say({ kind: 'step', step, loss, learningRate, gradientNorm, examplesPerSecond });
    if (!Number.isFinite(loss)) throw diverged(step);
    if (step % recipe.evaluateEvery === 0 && step < steps) await this.#evaluate();
    if (step % recipe.checkpointEvery === 0 && step < steps) await this.#save();
  }

  async #end(steps: number): Promise<TrainingOutcome> {
    const { step } = this.learner.current;
    await this.#save();
    if (step < steps) {
      await this.#say({ kind: 'stopped', step });
      return { end: 'stopped', step, result: undefined };
    }
    const result = join(this.options.output, 'result');
    await this.#evaluate();
    await this.#write(result);
    await this.#say({ kind: 'finished', step, result });
    return { end: 'finished', step, result };
  }

  async #save(): Promise<void> {
    const folder = await saveState(this.options.output, this.learner.current);
    await this.#say({ kind: 'checkpoint', step: this.learner.current.step, folder });
  }

  async #write(folder: string): Promise<void> {
    const { tuning } = this.options.recipe;
    const { weights } = this.learner.current;
    if (tuning.kind === 'lora') await writeAdapter(folder, this.base, weights, tuning);
    else await writeCheckpoint(folder, this.base, weights);
  }

  async #evaluate(): Promise<void> {
    if (this.validation === undefined) return;
    const { recipe, output } = this.options;
    const { config } = this.base.checkpoint;
    const { weights, step } = this.learner.current;
    const batches = await new Batches({
      data: this.validation,
      tokenizer: this.base.tokenizer,
      pictures: this.pictures,
      imageTokens: config.imageTokens,
      sizes: this.graph,
      recipe: { ...recipe, accumulation: 1 },
      soft: this.soft,
    }).inOrder(LOSS_EXAMPLES);
    const loss = await evaluateLoss(this.base.checkpoint, this.graph, weights, batches);
    // An adapter would have to be merged into its base for it, which may be large.
    let metrics: Record<string, number> = {};
    if (recipe.tuning.kind !== 'lora') {
      const folder = join(output, 'evaluated');
      await this.#write(folder);
      metrics = await evaluateAnswers(
        folder,
        this.validation,
        ANSWER_EXAMPLES,
        this.validation.mostLabels,
      );
    }
    await this.#say({ kind: 'evaluation', step, loss, metrics });
  }

  async #say(event: TrainingEvent): Promise<void> {
    await this.log.add(event);
    this.options.onEvent?.(event);
  }
}

function tooFew(path: string, count: number, needed: number): AppError {
  return new AppError(
    'training.no_data',
    `${path} has ${count} examples, and one update takes ${needed}. Add examples, or make batchSize or accumulation smaller.`,
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
