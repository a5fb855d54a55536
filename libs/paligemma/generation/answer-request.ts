import type { Task } from '#contracts';
import type { EndReason, Sampling, SequenceTimings } from './generation.js';
import type { ImageFeatures } from './model-runner.js';

/** What to ask about a picture: a prompt or a task. */
export interface Question {
  /** Without the newline that ends a prompt. */
  readonly prompt?: string;
  /** Gives the prompt, the default of `maxNewTokens`, and for `detect` and `segment` the grammar of the answer. */
  readonly task?: Task;
  /** Default 256, or the engine's `maxNewTokens` when that is less. */
  readonly maxNewTokens?: number;
  /** Default: the most likely token, always. */
  readonly sampling?: Sampling;
  /**
   * `detect` and `segment` tasks: only locations, mask codes and the wanted labels can be written, so that every
   * finished answer is well-formed. Always greedy; log-probabilities are then over what was allowed. Default true.
   */
  readonly constrained?: boolean;
  /** Ends answers that only repeat themselves. Default true. */
  readonly stopsRepetition?: boolean;
  /** Higher goes first whenever a slot is free. Default 0. */
  readonly priority?: number;
  readonly signal?: AbortSignal;
}

export interface AnswerRequest extends Question {
  readonly image: ImageFeatures;
}

export interface Generation {
  /** The prompt as it was asked. */
  readonly prompt: string;
  /** The answer; `<loc>` and `<seg>` kept, control tokens dropped. */
  readonly text: string;
  /** With the eos, when the model ended. */
  readonly tokens: readonly number[];
  /** Each token's own text, beside `tokens`; empty for the eos. */
  readonly pieces: readonly string[];
  /** Natural logarithms, beside `tokens`. */
  readonly logProbabilities: readonly number[];
  readonly endReason: EndReason;
  /** Image tokens, `<bos>`, prompt and newline. */
  readonly promptTokens: number;
  readonly timings: SequenceTimings;
}
