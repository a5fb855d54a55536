/** What lines of a training file are: how one is read, and what it takes of a batch. */
export interface LineKind<Line extends { readonly image: string }> {
  /** Of a file at `path`. Throws `Error` with what is wrong, for people. */
  parse(path: string, line: string): Line;
  /** Throws `Error` with what is wrong, for people: what passes can be learned. */
  measure(line: Line): LineSize;
  /** Most lines in a row about one picture that are computed together, if their tokens fit. */
  readonly pack: number;
  readonly textTokens: number;
}

export interface LineSize {
  /** Inputs of the text model. */
  readonly tokens: number;
  /** What the loss is on, by question; texts have one. */
  readonly labels: readonly number[];
}
