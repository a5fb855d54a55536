export { PaliGemma, type LoadOptions, type ModelInfo } from './paligemma.js';
export type { BulkAnswer, BulkFailure, BulkRequest, ImageSource } from './bulk/bulk-answer.js';
export type { AnswerRequest, Generation, Question } from './generation/answer-request.js';
export { randomStream } from './generation/random-stream.js';
export type { EndReason, Sampling, SequenceTimings } from './generation/generation.js';
export type { ImageFeatures } from './generation/model-runner.js';
export { decodeImage, type DecodedImage, type DecodeOptions } from './image/decode.js';
export { resizeBicubic } from './image/resize.js';
export type { RgbImage } from './image/rgb-image.js';
export { confidenceOf, type GeneratedToken } from './output/confidence.js';
export {
  parseOutput,
  type ParsedBox,
  type ParsedOutput,
  type ParseOptions,
} from './output/parse-output.js';
export type { Provider } from './provider/open-runner.js';
export { taskPrompt } from './prompt/task-prompt.js';
export type { Precision } from './checkpoint/checkpoint.js';
export { findManifest, type EngineManifest } from './engine-folder/manifest.js';
export { modelRevision } from './engine-folder/model-revision.js';
export { verifyEngineFolder } from './engine-folder/verify-engine-folder.js';
export { importCheckpoint, type ImportOptions } from './import/import-checkpoint.js';
export { MaskDecoder } from './output/mask/mask-decoder.js';
export { openMaskDecoder } from './output/mask/open-mask-decoder.js';
export {
  areaOf,
  bitmapOf,
  boundsOf,
  maskOfBitmap,
  type BoxedMask,
} from './output/mask/boxed-mask.js';
export { encodePng } from './output/mask/encode-png.js';
export { pasteMask } from './output/mask/paste-mask.js';
export { polygonsOf } from './output/mask/polygons.js';
export type { Ring } from './output/mask/ring.js';
export { decodeRuns, encodeRuns, type RunLengthMask } from './output/mask/run-lengths.js';
export { segmentMask, type SegmentMask } from './output/mask/segment-mask.js';
export { scoreAnswers } from './training/metric/score-answers.js';
export type { ScoredAnswer } from './training/metric/scored-answer.js';
export type { LoraTuning, Optimiser, Recipe, Tuning } from './training/recipe.js';
export type {
  Train,
  TrainingEvent,
  TrainingOptions,
  TrainingOutcome,
} from './training/training-run.js';
export { train } from './training/train.js';
export { writeFirstCheckpoint } from './training/first-checkpoint.js';
export { rewriteCheckpoint, type Rewriting } from './training/rewrite-checkpoint.js';
export { cutMask } from './training/mask-codec/cut-mask.js';
export { MaskEncoder } from './training/mask-codec/mask-encoder.js';
export {
  trainMaskCodec,
  writeMaskCodec,
  type MaskCodec,
  type MaskCodecOptions,
} from './training/mask-codec/train-mask-codec.js';
