import { z } from 'zod';
import { positive, sharedEnv } from './shared.js';

/** What api and dispatcher must agree on: both take files into sets. */
export const intakeEnv = {
  MAX_ZIP_BYTES: positive(4 * 2 ** 30),
  MAX_ZIP_ENTRIES: positive(200_000),
  MAX_ZIP_RATIO: positive(100),
  MAX_UPLOAD_FILES: positive(20_000),
  MAX_IMAGES_PER_SET: positive(10_000_000),
};

/** What one upload may cost; each file beyond its limit is refused on its own. */
export interface IntakeLimits {
  readonly imageBytes: number;
  readonly zipBytes: number;
  readonly zipEntries: number;
  /** Most bytes that one packed byte may become. */
  readonly zipRatio: number;
  readonly uploadFiles: number;
  readonly imagesPerSet: number;
}

const schema = z.object({ ...sharedEnv, ...intakeEnv });

export const intakeLimits = (env: z.infer<typeof schema>): IntakeLimits =>
  Object.freeze({
    imageBytes: env.MAX_IMAGE_BYTES,
    zipBytes: env.MAX_ZIP_BYTES,
    zipEntries: env.MAX_ZIP_ENTRIES,
    zipRatio: env.MAX_ZIP_RATIO,
    uploadFiles: env.MAX_UPLOAD_FILES,
    imagesPerSet: env.MAX_IMAGES_PER_SET,
  });
