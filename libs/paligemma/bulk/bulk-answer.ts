import type { AppError } from '#contracts';
import type { Generation, Question } from '../generation/answer-request.js';
import type { ImageFeatures } from '../generation/model-runner.js';
import type { RgbImage } from '../image/rgb-image.js';
import type { ParsedBox } from '../output/parse-output.js';

/** A path, the bytes of an image file, decoded pixels, or what `encode` made of them. */
export type ImageSource = string | Uint8Array | RgbImage | ImageFeatures;

/** One question of many. */
export interface BulkRequest extends Question {
  readonly image: ImageSource;
}

/** The answer to one request, read. */
export interface BulkAnswer<Request extends BulkRequest> extends Omit<Generation, 'text'> {
  /** Place of the request, from 0. */
  readonly index: number;
  readonly request: Request;
  /** What the model wrote, `<loc>` and `<seg>` kept. */
  readonly raw: string;
  /** The same without them. */
  readonly text: string;
  /**
   * Pixels are those of the picture as a person sees it; of the model's own square when the request brought features,
   * which know no other size.
   */
  readonly boxes: readonly ParsedBox[];
  /** 0 to 1: see `confidenceOf`. */
  readonly confidence: number;
  /** What was malformed and left out of `boxes`. */
  readonly warnings: readonly string[];
  readonly error?: undefined;
}

/** A request that could not be answered: an image that is none, a prompt that is too long. The others go on. */
export interface BulkFailure<Request extends BulkRequest> {
  readonly index: number;
  readonly request: Request;
  readonly error: AppError;
}
