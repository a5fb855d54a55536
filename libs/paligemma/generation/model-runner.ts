/** What the projector made of one picture. Opaque to callers: pass it to `generate` as often as needed. */
export interface ImageFeatures {
  /** [tokens, width], not scaled. */
  readonly data: Float32Array;
  readonly tokens: number;
  readonly width: number;
}

/** The most likely next token and the natural logarithm of its probability. */
export interface Choice {
  readonly token: number;
  readonly logProbability: number;
}

export interface PrefillRequest {
  readonly slot: number;
  readonly image: ImageFeatures;
  /** Image tokens first, then the text. */
  readonly prefix: readonly number[];
  /** Most tokens that the sequence can reach: prefix and answer. */
  readonly maxTokens: number;
}

/**
 * The model as the batcher sees it. A slot is a place for one sequence; its cache lives from `prefill` to `free`.
 * Calls never overlap. What a slot answers depends on its own sequence alone.
 */
export interface ModelRunner {
  readonly slots: number;
  encode(pixels: Uint8Array): Promise<ImageFeatures>;
  /** Reads the whole prefix into a free slot; the first token of the answer comes back. */
  prefill(request: PrefillRequest): Promise<Choice>;
  /** One step: slot -> its newest token, in; slot -> the token after it, out. */
  decode(newest: ReadonlyMap<number, number>): Promise<ReadonlyMap<number, Choice>>;
  free(slot: number): void;
  close(): Promise<void>;
}
