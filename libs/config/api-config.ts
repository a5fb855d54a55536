import { z } from 'zod';
import { isWellFormedApiKey, type TenantQuota } from '#contracts';
import { intakeEnv, intakeLimits, type IntakeLimits } from './intake.js';
import { tenantQuota, quotaEnv } from './quota.js';
import {
  outgoingEnv,
  parseEnvironment,
  positive,
  secretsEnv,
  sharedConfig,
  sharedEnv,
  type SharedConfig,
} from './shared.js';

const apiEnv = z.object({
  ...sharedEnv,
  ...outgoingEnv,
  ...secretsEnv,
  ...intakeEnv,
  ...quotaEnv,
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
  MAX_TRAINING_FILE_BYTES: positive(2 ** 30),
  LEAVE_MS: z.coerce.number().int().min(0).max(60_000).default(0),
  RATE_LIMIT_PER_MINUTE: positive(200_000),
  UPLOAD_LIFETIME_HOURS: positive(72),
  MAX_BATCH_FILE_BYTES: positive(2 ** 30),
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
  /** For so long after SIGTERM it still serves, while it says that it is not ready. */
  readonly leaveMs: number;
  readonly limits: IntakeLimits;
  /** Of each tenant. */
  readonly quota: TenantQuota;
  /** Most bytes of a JSONL file of examples. */
  readonly trainingFileBytes: number;
  /** Of one API key, to one process. */
  readonly requestsPerMinute: number;
  /** Most bytes of a JSONL file of requests. */
  readonly batchFileBytes: number;
  readonly outgoingAllow: string;
  readonly secretsKey: string | undefined;
  /** How slowly a body may come before it is refused. */
  readonly pace: { readonly bytesPerSecond: number; readonly windowMs: number };
  /** An open upload whose owner has asked for nothing for so long is thrown away. */
  readonly uploadLifetimeMs: number;
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
    leaveMs: parsed.LEAVE_MS,
    trainingFileBytes: parsed.MAX_TRAINING_FILE_BYTES,
    requestsPerMinute: parsed.RATE_LIMIT_PER_MINUTE,
    batchFileBytes: parsed.MAX_BATCH_FILE_BYTES,
    outgoingAllow: parsed.OUTGOING_ALLOW,
    secretsKey: parsed.SECRETS_KEY,
    uploadLifetimeMs: parsed.UPLOAD_LIFETIME_HOURS * 3_600_000,
    pace: Object.freeze({
      bytesPerSecond: parsed.MIN_BODY_BYTES_PER_SECOND,
      windowMs: parsed.SLOW_BODY_MS,
    }),
    limits: intakeLimits(parsed),
    quota: tenantQuota(parsed),
  });
}
