import { z } from 'zod';
import { tracingConfig, tracingEnv, type TracingConfig } from './tracing.js';

/** Milliseconds, bytes and counts: whole and above zero. */
export const positive = (fallback: number) => z.coerce.number().int().positive().default(fallback);

export const flag = z.enum(['true', 'false']).transform((text) => text === 'true');

const url = (...protocols: string[]) =>
  z.string().refine(
    (text) => {
      const parsed = URL.canParse(text) ? new URL(text) : undefined;
      return parsed !== undefined && protocols.includes(parsed.protocol);
    },
    `must be a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
  );

/** What every process of Pallet needs: the addresses of the three services it stands on. */
export const sharedEnv = {
  DATABASE_URL: url('postgres:', 'postgresql:'),
  QUEUE_URL: url('redis:', 'rediss:', 'postgres:', 'postgresql:'),
  STORAGE_URL: url('file:', 's3:'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  DRAIN_TIMEOUT_MS: positive(15_000),
  MAX_IMAGE_BYTES: positive(32 * 2 ** 20),
  HEALTH_HOST: z.string().default('127.0.0.1'),
  HEALTH_PORT: z.coerce.number().int().min(0).max(65_535).optional(),
  ...tracingEnv,
};

/**
 * Whither requests may go, beside the public internet, whose URLs clients have chosen: the api refuses other
 * URLs, the dispatcher connects to no other address. `libs/outgoing` says what it may hold.
 */
export const outgoingEnv = { OUTGOING_ALLOW: z.string().max(10_000).default('') };

/** What seals the credentials of customers; every process that seals or opens them has the same. */
export const secretsEnv = { SECRETS_KEY: z.string().optional() };

/** Those of them that every process uses. */
export interface SharedConfig {
  readonly databaseUrl: string;
  readonly queueUrl: string;
  readonly logLevel: string;
  /** Where health and metrics of this process are shown; nowhere unless it is told. `port` 0 takes a free one. */
  readonly health: { readonly host: string; readonly port: number } | undefined;
  /** Where spans go; nowhere unless it is told. */
  readonly tracing: TracingConfig | undefined;
}

export const sharedConfig = (env: z.infer<z.ZodObject<typeof sharedEnv>>): SharedConfig => ({
  databaseUrl: env.DATABASE_URL,
  queueUrl: env.QUEUE_URL,
  logLevel: env.LOG_LEVEL,
  health:
    env.HEALTH_PORT === undefined ? undefined : { host: env.HEALTH_HOST, port: env.HEALTH_PORT },
  tracing: tracingConfig(env),
});

/** How fast work moves and how soon a loss is seen; one place, so that worker and dispatcher agree. */
export const pipelineEnv = {
  LEASE_MS: positive(20_000),
  HEARTBEAT_MS: positive(5_000),
  SWEEP_MS: positive(2_000),
  FEED_MS: positive(250),
  RECONCILE_AGE_MS: positive(5_000),
};

/** What a holder of leases may not be told otherwise. */
export const heartbeatFits: [
  (env: { HEARTBEAT_MS: number; LEASE_MS: number }) => boolean,
  { path: string[]; message: string },
] = [
  (env) => env.HEARTBEAT_MS * 2 <= env.LEASE_MS,
  {
    path: ['HEARTBEAT_MS'],
    message: 'must fit into LEASE_MS twice, or one late heartbeat loses the lease',
  },
];

/** Of a holder of leases, which reads pictures from the store. */
export interface HolderConfig extends SharedConfig {
  readonly storageUrl: string;
  readonly drainTimeoutMs: number;
  readonly maxImageBytes: number;
  readonly leaseMs: number;
  readonly heartbeatMs: number;
}

const holderEnv = z.object({ ...sharedEnv, ...pipelineEnv });

export const holderConfig = (env: z.infer<typeof holderEnv>): HolderConfig => ({
  ...sharedConfig(env),
  storageUrl: env.STORAGE_URL,
  drainTimeoutMs: env.DRAIN_TIMEOUT_MS,
  maxImageBytes: env.MAX_IMAGE_BYTES,
  leaseMs: env.LEASE_MS,
  heartbeatMs: env.HEARTBEAT_MS,
});

/** How a model, or a base to train from, may be called. */
export const modelName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._/@-]{0,127}$/);

type Environment = Record<string, string | undefined>;

/** Errors: one Error that lists every fault, for the operator; values are not repeated, they may be secrets. */
export function parseEnvironment<T>(schema: z.ZodType<T>, env: Environment): T {
  // An empty variable is how shells and compose files say "not set".
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new Error(`The environment is not complete:\n${z.prettifyError(parsed.error)}`);
}
