import { readFile } from 'node:fs/promises';
import { AppError } from '#contracts';
import type { ImageFeatures } from '../generation/model-runner.js';
import { decodeImage } from '../image/decode.js';
import { resizeBicubic } from '../image/resize.js';
import type { RgbImage } from '../image/rgb-image.js';
import type { ImageSource } from './bulk-answer.js';

/** An encoded picture, and the size that a person sees. */
export interface PooledImage {
  readonly features: ImageFeatures;
  readonly width: number;
  readonly height: number;
}

export interface ImageEncoder {
  /** Width and height that the model takes. */
  readonly imageSize: number;
  encode(pixels: Uint8Array, priority: number): Promise<ImageFeatures>;
}

/**
 * Encodes each picture once for the requests that ask about it behind each other: the same path, or the same object.
 * The last few are kept, so memory does not grow with the number of pictures.
 */
export class ImagePool {
  readonly #recent = new Map<ImageSource, Promise<PooledImage>>();

  constructor(
    private readonly encoder: ImageEncoder,
    private readonly capacity: number,
  ) {}

  /** Errors: `image.unreadable` (no such file), those of `decodeImage` and `encode`. */
  get(source: ImageSource, priority: number): Promise<PooledImage> {
    const image = this.#recent.get(source) ?? this.#encode(source, priority);
    // Put last: the first of the map is the one that was not asked for the longest.
    this.#recent.delete(source);
    this.#recent.set(source, image);
    if (this.#recent.size > this.capacity) this.#recent.delete(this.#recent.keys().next().value!);
    return image;
  }

  async #encode(source: ImageSource, priority: number): Promise<PooledImage> {
    const { imageSize } = this.encoder;
    if (isFeatures(source)) return { features: source, width: imageSize, height: imageSize };
    const picture = await decode(source);
    const pixels = resizeBicubic(picture, imageSize, imageSize).data;
    const features = await this.encoder.encode(pixels, priority);
    return { features, width: picture.width, height: picture.height };
  }
}

function isFeatures(source: ImageSource): source is ImageFeatures {
  return typeof source === 'object' && 'tokens' in source;
}

async function decode(source: string | Uint8Array | RgbImage): Promise<RgbImage> {
  if (typeof source !== 'string')
    return source instanceof Uint8Array ? decodeImage(source) : source;
  const bytes = await readFile(source).catch((cause: unknown) => {
    throw new AppError('image.unreadable', `${source} cannot be read. Is it there, and a file?`, {
      cause,
      context: { path: source },
    });
  });
  return decodeImage(bytes);
}
