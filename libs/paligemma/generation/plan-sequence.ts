import { AppError, type Task } from '#contracts';
import { layoutPrompt } from '../prompt/prompt-layout.js';
import { taskPrompt } from '../prompt/task-prompt.js';
import type { CodeTokens } from '../tokenizer/code-tokens.js';
import type { Tokenizer } from '../tokenizer/tokenizer.js';
import type { AnswerRequest, Question } from './answer-request.js';
import type { Sampling, SequenceRequest } from './generation.js';
import { ObjectGrammar, type TokenConstraint } from './object-grammar.js';
import { RepetitionGuard } from './repetition-guard.js';

/** What an engine can take. */
export interface EngineLimits {
  readonly imageTokens: number;
  /** Numbers of one image token. */
  readonly hiddenSize: number;
  readonly maxPromptTokens: number;
  readonly maxNewTokens: number;
}

const DEFAULT_NEW_TOKENS = 256;
const MAX_SEED = 0xffffffff;

/** Checks requests and lays them out as tokens. */
export class SequencePlanner {
  readonly #locations: ReadonlySet<number>;

  constructor(
    private readonly tokenizer: Tokenizer,
    private readonly codes: CodeTokens | undefined,
    private readonly limits: EngineLimits,
  ) {
    this.#locations = new Set(codes?.locations);
  }

  /**
   * Errors: `prompt.image_token`, `prompt.too_long`, `generation.bad_request`, `generation.bad_length`,
   * `generation.bad_sampling`, `generation.bad_label`, `image.wrong_model`.
   */
  plan(request: AnswerRequest): SequenceRequest & { readonly prompt: string } {
    const prompt = promptOf(request);
    const prefix = this.#layout(prompt);
    this.#mustFit(request.image);
    const { sampling, stopsRepetition = true, priority = 0, signal } = request;
    if (sampling) checkSampling(sampling);
    const guard = new RepetitionGuard((token) => this.#locations.has(token));
    return {
      prompt,
      image: request.image,
      prefix,
      maxNewTokens: this.#newTokens(request),
      eosId: this.tokenizer.eosId,
      priority,
      signal,
      sampling,
      constraint: this.#constraint(request),
      ...(stopsRepetition && { isRepetition: (token: number) => guard.take(token) }),
    };
  }

  #mustFit({ width, tokens }: AnswerRequest['image']): void {
    if (width === this.limits.hiddenSize && tokens === this.limits.imageTokens) return;
    throw new AppError(
      'image.wrong_model',
      'The image was encoded by another model. Encode it with this one.',
      { context: { width, tokens } },
    );
  }

  #constraint({ task, constrained, sampling }: Question): TokenConstraint | undefined {
    const labels = task === undefined ? undefined : labelsOf(task);
    if (constrained === false || (labels === undefined && constrained === undefined)) return;
    if (task === undefined || labels === undefined) {
      throw badRequest('Only `detect` and `segment` tasks can be constrained.');
    }
    if (sampling) {
      throw badRequest(
        'A constrained answer is greedy. Leave `sampling` away, or pass `constrained: false`.',
      );
    }
    const { tokenizer, codes } = this;
    if (codes === undefined) {
      throw badRequest(
        'tokenizer.json has no location and mask tokens. Pass `constrained: false`.',
      );
    }
    return new ObjectGrammar({ tokenizer, codes, labels, hasMasks: task.type === 'segment' });
  }

  #layout(prompt: string): number[] {
    const { imageTokens, maxPromptTokens: limit } = this.limits;
    const prefix = layoutPrompt(prompt, {
      imageTokens,
      imageTokenId: this.tokenizer.imageId,
      bosTokenId: this.tokenizer.bosId,
      encode: (text) => this.tokenizer.encode(text),
    });
    const tokens = prefix.length - imageTokens;
    if (tokens <= limit) return prefix;
    throw new AppError(
      'prompt.too_long',
      `The prompt takes ${tokens} tokens, the engine reads up to ${limit}. Shorten it.`,
      { context: { tokens, limit } },
    );
  }

  #newTokens({ maxNewTokens, task }: Question): number {
    const limit = this.limits.maxNewTokens;
    const asked = maxNewTokens ?? task?.max_tokens;
    if (asked === undefined) return Math.min(DEFAULT_NEW_TOKENS, limit);
    if (Number.isInteger(asked) && asked >= 1 && asked <= limit) return asked;
    throw new AppError(
      'generation.bad_length',
      `maxNewTokens is ${asked}; this engine takes a whole number from 1 to ${limit}.`,
      { context: { asked, limit } },
    );
  }
}

function promptOf({ prompt, task }: Question): string {
  if (task !== undefined && prompt === undefined) return taskPrompt(task);
  if (task === undefined && prompt !== undefined) return prompt;
  throw badRequest('Ask with either `prompt` or `task`.');
}

function labelsOf(task: Task): readonly string[] | undefined {
  if (task.type === 'detect') return task.labels;
  return task.type === 'segment' ? [task.label] : undefined;
}

function checkSampling({ temperature, topK = 1, topP = 1, seed = 0 }: Sampling): void {
  const isRight =
    Number.isFinite(temperature) &&
    temperature > 0 &&
    Number.isInteger(topK) &&
    topK >= 1 &&
    topP > 0 &&
    topP <= 1 &&
    Number.isInteger(seed) &&
    seed >= 0 &&
    seed <= MAX_SEED;
  if (isRight) return;
  throw new AppError(
    'generation.bad_sampling',
    `sampling takes a temperature above 0, topK from 1 on, topP above 0 up to 1 and a seed from 0 to ${MAX_SEED}.`,
    { context: { temperature, topK, topP, seed } },
  );
}

function badRequest(message: string): AppError {
  return new AppError('generation.bad_request', message);
}
