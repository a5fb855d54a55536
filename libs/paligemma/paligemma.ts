import { AppError } from '#contracts';
import { answerStream, type Requests } from './bulk/answer-stream.js';
import type { BulkAnswer, BulkFailure, BulkRequest } from './bulk/bulk-answer.js';
import type { Checkpoint, Precision } from './checkpoint/checkpoint.js';
import { openModel } from './engine-folder/open-model.js';
import { chooseSlots, type SlotSizes } from './generation/choose-slots.js';
import { ContinuousBatcher } from './generation/continuous-batcher.js';
import type { AnswerRequest, Generation } from './generation/answer-request.js';
import type { CacheMemory, ImageFeatures, ModelRunner } from './generation/model-runner.js';
import { RUN } from './graph/cache-layout.js';
import { SequencePlanner } from './generation/plan-sequence.js';
import { openRunner, type Provider } from './provider/open-runner.js';
import { findCodeTokens } from './tokenizer/code-tokens.js';
import { Tokenizer } from './tokenizer/tokenizer.js';
import { vocabularySize } from './tokenizer/vocabulary-size.js';

export interface LoadOptions {
  /** Sequences that decode together. Default: as many as the memory holds at their greatest length, up to 16. */
  readonly slots?: number;
  /** Most bytes of keys and values. Default: what 70 % of the machine's (or container's) memory leaves beside the weights. */
  readonly keyValueBytes?: number;
  /** Most text tokens of one prompt. Default 1024. Memory is taken when a prompt needs it. */
  readonly maxPromptTokens?: number;
  /** Most tokens that one request may ask for. Default 1024. */
  readonly maxNewTokens?: number;
  /** Default `cpu`. `webgpu` and `cuda` are errors where the runtime finds no GPU; `cuda` takes f16 and f32, and was run on none yet. */
  readonly provider?: Provider;
  /** Threads of one operator on the CPU. Default: the runtime's choice, one per core. */
  readonly threads?: number;
}

export interface ModelInfo {
  readonly family: 'paligemma' | 'paligemma2';
  /** Of the linear weights. */
  readonly precision: Precision;
  /** Width and height in pixels that `encode` takes. */
  readonly imageSize: number;
  readonly imageTokens: number;
  /** Tokens that can be chosen: `<image>` and padding rows of the table are none. */
  readonly vocabularySize: number;
  readonly layers: number;
  readonly parameters: number;
}

const DEFAULT_MAX_TOKENS = 1024;

/**
 * A PaliGemma checkpoint, loaded. Answers depend on picture and prompt alone: never on what else runs beside them.
 *
 * Runs on the calling thread and blocks it for a step at a time; give it a process of its own.
 * Never exit that process while a call is under way: the native runtime aborts. `close` first.
 */
export class PaliGemma {
  #closed: Promise<void> | undefined;

  private constructor(
    readonly info: ModelInfo,
    private readonly tokenizer: Tokenizer,
    private readonly planner: SequencePlanner,
    private readonly runner: ModelRunner,
    private readonly batcher = new ContinuousBatcher(runner),
  ) {}

  /**
   * Loads an engine folder, or a Hugging Face checkpoint as published: config.json, tokenizer.json, safetensors (one
   * file or shards).
   * Errors: `checkpoint.*` and `engine_folder.*`, each naming the file or tensor at fault.
   */
  static async load(directory: string, options: LoadOptions = {}): Promise<PaliGemma> {
    const checkpoint = await openModel(directory);
    const tokenizer = await Tokenizer.load(directory);
    const info = describe(checkpoint, tokenizer);
    const limits = {
      maxPromptTokens: positive('maxPromptTokens', options.maxPromptTokens ?? DEFAULT_MAX_TOKENS),
      maxNewTokens: positive('maxNewTokens', options.maxNewTokens ?? DEFAULT_MAX_TOKENS),
    };
    const maxTokens = info.imageTokens + limits.maxPromptTokens + limits.maxNewTokens;
    const codes = findCodeTokens(tokenizer, info.vocabularySize);
    const runner = await openRunner(options.provider ?? 'cpu', checkpoint, {
      slots: positive('slots', chooseSlots(options, sizesOf(checkpoint, maxTokens))),
      maxTokens,
      vocabularySize: info.vocabularySize,
      eosId: tokenizer.eosId,
      codeTokens: codes && [...codes.locations, ...codes.segments],
      threads: options.threads,
    });
    const planner = new SequencePlanner(tokenizer, codes, {
      ...limits,
      imageTokens: info.imageTokens,
      hiddenSize: checkpoint.config.text.hiddenSize,
    });
    return new PaliGemma(info, tokenizer, planner, runner);
  }

  /** Bytes of keys and values: held now, and the most that the slots can ever hold. */
  get memory(): CacheMemory {
    return this.runner.memory;
  }

  /**
   * Encodes RGB bytes [imageSize, imageSize, 3], row-major, once for any number of prompts.
   * Errors: `image.wrong_size`, `engine.closed`.
   */
  async encode(pixels: Uint8Array, options: { priority?: number } = {}): Promise<ImageFeatures> {
    const { imageSize } = this.info;
    const expected = imageSize * imageSize * 3;
    if (pixels.length !== expected) {
      throw new AppError(
        'image.wrong_size',
        `The model takes ${imageSize} x ${imageSize} RGB pixels: ${expected} bytes, not ${pixels.length}. Resize the image first.`,
        { context: { expected, actual: pixels.length } },
      );
    }
    return this.batcher.encode(pixels, options.priority ?? 0);
  }

  /**
   * Answers one prompt or task. A cancelled request resolves, with what was generated until then.
   * Errors: `prompt.image_token`, `prompt.too_long`, `generation.bad_request`, `generation.bad_length`,
   * `generation.bad_sampling`, `generation.bad_label`, `image.wrong_model`, `engine.closed`.
   */
  async answer(request: AnswerRequest): Promise<Generation> {
    const { prompt, ...sequence } = this.planner.plan(request);
    const finished = await this.batcher.generate(sequence);
    return {
      ...finished,
      prompt,
      text: this.tokenizer.decode(finished.tokens),
      pieces: finished.tokens.map((token) => this.tokenizer.decode([token])),
      promptTokens: sequence.prefix.length,
    };
  }

  /**
   * Answers any number of requests, and yields each answer when it is done: `index` says whose it is. A request that
   * cannot be answered yields its `error`, and the others go on. The source is read `lookAhead` requests ahead (default
   * 4 for each slot), so that slots never wait; leaving the loop cancels what is under way.
   * Requests that follow each other with the same image share one encoding: the same path, or the same object.
   */
  generate<Request extends BulkRequest>(
    requests: Requests<Request>,
    options: { readonly lookAhead?: number } = {},
  ): AsyncGenerator<BulkAnswer<Request> | BulkFailure<Request>, void, undefined> {
    const lookAhead = positive('lookAhead', options.lookAhead ?? 4 * this.runner.slots);
    const engine = {
      imageSize: this.info.imageSize,
      encode: (pixels: Uint8Array, priority: number) => this.encode(pixels, { priority }),
      answer: (request: AnswerRequest) => this.answer(request),
    };
    return answerStream(engine, requests, lookAhead);
  }

  /** Ends what is under way as cancelled, and gives the memory back. */
  close(): Promise<void> {
    this.#closed ??= this.batcher.close().then(() => this.runner.close());
    return this.#closed;
  }
}

function describe(checkpoint: Checkpoint, tokenizer: Tokenizer): ModelInfo {
  const { config, parameters, precision } = checkpoint;
  return {
    family: config.family,
    precision,
    imageSize: config.vision.imageSize,
    imageTokens: config.imageTokens,
    vocabularySize: vocabularySize(checkpoint, tokenizer),
    layers: config.text.layers,
    parameters,
  };
}

/** Weights that are stored in half are computed with in whole, on the CPU; their file is the lower bound elsewhere. */
function sizesOf({ config, tensors, precision }: Checkpoint, maxTokens: number): SlotSizes {
  const { layers, keyValueHeads, headSize } = config.text;
  const isWidened = precision === 'f32' || precision === 'f16';
  const weightBytes = [...tensors.values()].reduce((sum, { type, bytes }) => {
    const isHalf = type === 'float16' || type === 'bfloat16';
    return sum + (isWidened && isHalf ? 2 * bytes : bytes);
  }, 0);
  // The cache grows in runs.
  const tokens = Math.ceil(maxTokens / RUN) * RUN;
  return { weightBytes, slotBytes: 2 * 4 * layers * keyValueHeads * headSize * tokens };
}

function positive(name: string, value: number): number {
  if (Number.isInteger(value) && value >= 1) return value;
  throw new RangeError(`${name} is ${value}: it must be a whole number from 1 on`);
}
