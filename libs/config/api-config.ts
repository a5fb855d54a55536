import { z } from 'zod';
import { isWellFormedApiKey } from '#contracts';
import {
  outgoingEnv,
  parseEnvironment,
  positive,
  sharedConfig,
  sharedEnv,
  type SharedConfig,
} from './shared.js';

const apiEnv = z.object({
  ...sharedEnv,
  ...outgoingEnv,
  HOST: z.string().default('127.0.0.1'),
  PORT: z.coerce.number().int().min(0).max(65_535).default(0),
  BOOTSTRAP_API_KEY: z
    .string()
    .refine(
      isWellFormedApiKey,
      'must be a key as `createApiKey` makes them: plt_ and 36 characters',
    )
    .optional(),
  INTERNAL_TOKEN: z
    .string()
    .regex(/^\S{16,}$/, 'must be 16 characters at least, without blanks')
    .optional(),
  MAX_ZIP_BYTES: positive(4 * 2 ** 30),
  MAX_ZIP_ENTRIES: positive(200_000),
  MAX_ZIP_RATIO: positive(100),
  MAX_UPLOAD_FILES: positive(20_000),
  MAX_IMAGES_PER_SET: positive(10_000_000),
  MAX_TRAINING_FILE_BYTES: positive(2 ** 30),
  MIN_BODY_BYTES_PER_SECOND: positive(1_024),
  SLOW_BODY_MS: positive(30_000),
});

/** `port` 0 takes a free one. */
export interface ApiConfig extends SharedConfig {
  readonly storageUrl: string;
  readonly host: string;
  readonly port: number;
  readonly bootstrapApiKey: string | undefined;
  /** Opens `/internal`; without one those routes do not exist. */
  readonly internalToken: string | undefined;
  readonly drainTimeoutMs: number;
  readonly limits: IntakeLimits;
  /** Most bytes of a JSONL file of examples. */
  readonly trainingFileBytes: number;
  readonly outgoingAllow: string;
  /** How slowly a body may come before it is refused. */
  readonly pace: { readonly bytesPerSecond: number; readonly windowMs: number };
}

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

export function loadApiConfig(env: NodeJS.ProcessEnv): ApiConfig {
  const parsed = parseEnvironment(apiEnv, env);
  return Object.freeze({
    ...sharedConfig(parsed),
    storageUrl: parsed.STORAGE_URL,
    host: parsed.HOST,
    port: parsed.PORT,
    bootstrapApiKey: parsed.BOOTSTRAP_API_KEY,
    internalToken: parsed.INTERNAL_TOKEN,
    drainTimeoutMs: parsed.DRAIN_TIMEOUT_MS,
    trainingFileBytes: parsed.MAX_TRAINING_FILE_BYTES,
    outgoingAllow: parsed.OUTGOING_ALLOW,
    pace: Object.freeze({
      bytesPerSecond: parsed.MIN_BODY_BYTES_PER_SECOND,
      windowMs: parsed.SLOW_BODY_MS,
    }),
    limits: Object.freeze({
      imageBytes: parsed.MAX_IMAGE_BYTES,
      zipBytes: parsed.MAX_ZIP_BYTES,
      zipEntries: parsed.MAX_ZIP_ENTRIES,
      zipRatio: parsed.MAX_ZIP_RATIO,
      uploadFiles: parsed.MAX_UPLOAD_FILES,
      imagesPerSet: parsed.MAX_IMAGES_PER_SET,
    }),
  });
}
