/** One line of a training file, in the field's format: `{"image","prefix","suffix"}`. */
export interface TrainingExample {
  /** Absolute path. */
  readonly image: string;
  readonly prefix: string;
  readonly suffix: string;
}

/** A text as big_vision's `preprocess` gives it: each of textTokens + 1 numbers. */
export interface TokenisedExample {
  readonly tokens: ArrayLike<number>;
  /** 1: not seen by the tokens before it. */
  readonly maskAr: ArrayLike<number>;
  /** 1: the loss is on this token. */
  readonly maskLoss: ArrayLike<number>;
  /** 0: padding. */
  readonly maskInput: ArrayLike<number>;
}
