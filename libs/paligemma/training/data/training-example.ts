/** One line of a training file, in the field's format: `{"image","prefix","suffix"}`. */
export interface TrainingExample {
  /** Absolute path. */
  readonly image: string;
  readonly prefix: string;
  readonly suffix: string;
}

/** One line of a file that a tower learns from: `{"image","points":[{"at":[0.4,0.7],"answers":["dog",null]}]}`. */
export interface PointExample {
  /** Absolute path. */
  readonly image: string;
  readonly points: readonly Point[];
}

export interface Point {
  /** y, x: shares of height and width, 0 to below 1. The patch that it lies in is asked. */
  readonly at: readonly [number, number];
  /** One text per question, of one token; null where the question is not asked. */
  readonly answers: readonly (string | null)[];
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
