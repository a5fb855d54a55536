import type { ImageFeatures } from './model-runner.js';

/** A picture that waits for the vision tower, and the promise of whoever waits for it. */
export class PictureToEncode {
  readonly result: Promise<ImageFeatures>;
  finish!: (features: ImageFeatures) => void;
  fail!: (error: unknown) => void;

  constructor(
    readonly pixels: Uint8Array,
    readonly priority: number,
  ) {
    this.result = new Promise((resolve, reject) => {
      this.finish = resolve;
      this.fail = reject;
    });
  }
}
