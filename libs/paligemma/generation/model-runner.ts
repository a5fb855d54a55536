/** What the projector made of one picture. Opaque to callers: pass it to `answer` as often as needed. */
export interface ImageFeatures {
  /** [tokens, width], not scaled. */
  readonly data: Float32Array;
  readonly tokens: number;
  readonly width: number;
}

/** How the next token of one sequence is chosen. */
export type Selection = GreedySelection | SampleSelection | ConstrainedSelection;

/** The most likely token; the lowest id among equals. */
export interface GreedySelection {
  readonly kind: 'greedy';
}

export interface SampleSelection {
  readonly kind: 'sample';
  /** Above 0. Logits are divided by it. */
  readonly temperature: number;
  /** Only this many of the most likely tokens. Default: all. */
  readonly topK?: number;
  /** Only the most likely tokens that together reach this probability, after the temperature. Default 1: all. */
  readonly topP?: number;
  /** 0 up to, not including, 1. One stream for each sequence: mates must not draw from it. */
  readonly random: () => number;
}

/** The most likely of a few tokens. */
export interface ConstrainedSelection {
  readonly kind: 'constrained';
  /** At least one id. */
  readonly allowed: readonly number[];
}

/** The next token. */
export interface Choice {
  readonly token: number;
  /**
   * Natural logarithm of its probability in the model's own distribution, whatever the temperature; of a constrained
   * choice in the distribution over the allowed tokens.
   */
  readonly logProbability: number;
}

export interface PrefillRequest {
  readonly slot: number;
  readonly image: ImageFeatures;
  /** Image tokens first, then the text. */
  readonly prefix: readonly number[];
  /** Most tokens that the sequence can reach: prefix and answer. */
  readonly maxTokens: number;
  readonly selection: Selection;
}

/** What a slot brings to a decode step. */
export interface Step {
  /** Its newest token, which the model has not read yet. */
  readonly token: number;
  readonly selection: Selection;
}

/** Bytes of keys and values. */
export interface CacheMemory {
  readonly held: number;
  /** The most that they can ever take. */
  readonly limit: number;
}

/**
 * The model as the batcher sees it. A slot is a place for one sequence; its cache lives from `prefill` to `free`.
 * Calls never overlap. What a slot answers depends on its own sequence alone.
 */
export interface ModelRunner {
  readonly slots: number;
  readonly memory: CacheMemory;
  encode(pixels: Uint8Array): Promise<ImageFeatures>;
  /** Reads the whole prefix into a free slot; the first token of the answer comes back. */
  prefill(request: PrefillRequest): Promise<Choice>;
  /**
   * Slot -> its step, in; slot -> the tokens after it, out: one, or several in order from a runner whose loop is
   * inside the graph. The caller ignores what follows an end.
   */
  decode(steps: ReadonlyMap<number, Step>): Promise<ReadonlyMap<number, readonly Choice[]>>;
  free(slot: number): void;
  close(): Promise<void>;
}
