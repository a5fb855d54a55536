import { readFile } from 'node:fs/promises';
import { imagePatches } from '../../generation/image-patches.js';
import { decodeImage } from '../../image/decode.js';
import { resizeBicubic } from '../../image/resize.js';

/** Of decoded and resized pixels: small training sets are read many times. */
const CACHE_BYTES = 1 * 2 ** 30;

/** Pictures as the engine reads them for an answer: decoded, resized, cut into patches. */
export class Pictures {
  readonly #known = new Map<string, Uint8Array>();
  #bytes = 0;

  constructor(private readonly sizes: { readonly imageSize: number; readonly patchSize: number }) {}

  /** [patches, 3 * patch^2] */
  async patches(path: string): Promise<Float32Array> {
    const { imageSize, patchSize } = this.sizes;
    return imagePatches(await this.#pixels(path), imageSize, patchSize);
  }

  async #pixels(path: string): Promise<Uint8Array> {
    const known = this.#known.get(path);
    if (known) return known;
    const { imageSize } = this.sizes;
    const image = await decodeImage(await readFile(path));
    const pixels = resizeBicubic(image, imageSize, imageSize).data;
    // The first ones stay: in a set that does not fit, a shuffled order makes all equally likely.
    if (this.#bytes + pixels.length <= CACHE_BYTES) {
      this.#bytes += pixels.length;
      this.#known.set(path, pixels);
    }
    return pixels;
  }
}
