/** Sizes of the vision tower (SigLIP) and its one linear layer into the text model. */
export interface VisionConfig {
  readonly hiddenSize: number;
  readonly layers: number;
  readonly intermediateSize: number;
  readonly heads: number;
  /** Width and height in pixels. */
  readonly imageSize: number;
  readonly patchSize: number;
  readonly layerNormEpsilon: number;
}

/** Sizes and constants of the text model (Gemma or Gemma 2). */
export interface TextConfig {
  readonly hiddenSize: number;
  readonly layers: number;
  readonly intermediateSize: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headSize: number;
  /** Gemma 2 also normalises what attention and MLP return. */
  readonly hasPostNorms: boolean;
  readonly rmsNormEpsilon: number;
  readonly ropeTheta: number;
  /** Factor of query x key. */
  readonly attentionScale: number;
  /** `cap * tanh(score / cap)`; undefined for none. */
  readonly attentionSoftcap: number | undefined;
  readonly finalSoftcap: number | undefined;
}

export interface ModelConfig {
  readonly family: 'paligemma' | 'paligemma2';
  readonly vision: VisionConfig;
  readonly text: TextConfig;
  /** Tokens that one image takes. */
  readonly imageTokens: number;
  /** Id of `<image>` when config.json names it. */
  readonly imageTokenId: number | undefined;
}
