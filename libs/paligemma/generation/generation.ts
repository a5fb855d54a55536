import type { ImageFeatures } from './model-runner.js';

/** `eos`: the model ended. `length`: cut off at `maxNewTokens`. `cancelled`: the signal, or the engine closed. */
export type EndReason = 'eos' | 'length' | 'cancelled';

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
