import type { ImageFeatures } from './model-runner.js';
import type { TokenConstraint } from './object-grammar.js';

/**
 * `eos`: the model ended. `length`: cut off at `maxNewTokens`. `repetition`: cut off because it only repeated itself
 * (see `RepetitionGuard`). `cancelled`: the signal, or the engine closed.
 */
export type EndReason = 'eos' | 'length' | 'repetition' | 'cancelled';

/** Random choice instead of the most likely token. */
export interface Sampling {
  /** Above 0; 1 is the model's own distribution. */
  readonly temperature: number;
  /** Only this many of the most likely tokens. Default: all. */
  readonly topK?: number;
  /** Only the most likely tokens that together reach this probability. Default 1: all. */
  readonly topP?: number;
  /** A whole number. The same seed, picture and prompt give the same answer. Default 0. */
  readonly seed?: number;
}

/** A prompt that is laid out as tokens and ready to run. */
export interface SequenceRequest {
  readonly image: ImageFeatures;
  /** Image tokens first, then the text. */
  readonly prefix: readonly number[];
  /** At least 1. */
  readonly maxNewTokens: number;
  readonly eosId: number;
  /** Higher goes first. */
  readonly priority: number;
  readonly signal?: AbortSignal;
  /** Default: greedy. */
  readonly sampling?: Sampling;
  /** Greedy among what it allows; it follows this one sequence. */
  readonly constraint?: TokenConstraint;
  /** True for a token with which the answer only repeats itself. Default: none looks. */
  readonly isRepetition?: (token: number) => boolean;
}

/** What became of it. `tokens` ends with the eos when there was one; `logProbabilities` runs beside it. */
export interface FinishedSequence {
  readonly tokens: readonly number[];
  readonly logProbabilities: readonly number[];
  readonly endReason: EndReason;
  readonly timings: SequenceTimings;
}

/** Wall-clock milliseconds: waiting, reading the prefix, and from then to the end (mates' steps included). */
export interface SequenceTimings {
  readonly queuedMs: number;
  readonly prefillMs: number;
  readonly decodeMs: number;
}
