/** Which weights learn. What does not learn keeps the precision and the place that it has. */
export type Tuning =
  | { readonly kind: 'full' }
  /** Text model and projector: pictures are encoded as they were. */
  | { readonly kind: 'text' }
  | TowerTuning
  | LoraTuning;

/**
 * Tower, projector and embedding alone, from pictures of which points are known: what a tower that has learned nothing
 * yet is told by every patch within minutes, and by whole answers in hours. The text model is not run.
 */
export interface TowerTuning {
  readonly kind: 'tower';
  /** Asked about each point: the first of its projected patch itself, each other through a map that is thrown away. */
  readonly questions: number;
}

/** Low-rank pairs beside frozen weights, in PEFT's terms: W + alpha / rank * B A. */
export interface LoraTuning {
  readonly kind: 'lora';
  readonly rank: number;
  readonly alpha: number;
  /** Share of the inputs of A that is dropped while training. */
  readonly dropout: number;
  /** Last parts of the names of the text model's linear layers: `q_proj`, `down_proj` ... */
  readonly targets: readonly string[];
}

export type Optimiser =
  | {
      readonly kind: 'adamw';
      readonly beta1: number;
      readonly beta2: number;
      readonly epsilon: number;
      /** Decoupled: times the learning rate. Matrices only, never norms and biases. */
      readonly weightDecay: number;
    }
  | { readonly kind: 'sgd'; readonly momentum: number; readonly weightDecay: number };

/** All that decides what a training computes, next to its data and its base. Equal recipes give equal weights. */
export interface Recipe {
  readonly tuning: Tuning;
  readonly seed: number;
  readonly epochs: number;
  /** Examples that are computed together. */
  readonly batchSize: number;
  /** Batches whose gradients are added before one update. */
  readonly accumulation: number;
  readonly optimiser: Optimiser;
  /** The highest. */
  readonly learningRate: number;
  /** Share of all updates in which the rate rises from 0. */
  readonly warmup: number;
  /** What follows: half a cosine down to 0, or nothing. */
  readonly schedule: 'cosine' | 'constant';
  /** Longest gradient over all weights; undefined for no limit. */
  readonly clipNorm: number | undefined;
  /** Tokens of `<bos>`, prefix, newline and suffix, of all examples of a pack; `<eos>` is never read, so it comes on top. Shorter texts are padded. */
  readonly textTokens: number;
  /**
   * Most examples in a row of the file about one picture that are computed behind one encoding of it. From 2 on the
   * picture does not see the prefixes, since they are several: cheap to learn much by, but not how answers are asked
   * for later, so the last part of a training takes 1.
   */
  readonly pack: number;
  /** 0 for none: 1 - smoothing for the right token, the rest spread evenly over all others. */
  readonly labelSmoothing: number;
  /** `example`: mean over an example's tokens, then over examples (big_vision). `token`: over all tokens of a batch (Hugging Face). */
  readonly lossMean: 'example' | 'token';
  /** Deviation, in bins of 1/1024, of the target over neighbouring `<loc>` tokens; 0 for the right one alone. */
  readonly locationSpread: number;
  /** The same over the mask codebook, in units of the mean distance of an entry to its nearest other; 0 for the right one alone. */
  readonly codeSpread: number;
  /** Computes each layer's inside again on the way back instead of keeping it: a third more time, much less memory. */
  readonly recomputes: boolean;
  /** Updates between two checkpoints, and between two evaluations. The last update is always followed by both. */
  readonly checkpointEvery: number;
  readonly evaluateEvery: number;
}
