import { z } from 'zod';
import type { TenantQuota } from '#contracts';
import { intakeEnv, intakeLimits, type IntakeLimits } from './intake.js';
import { tenantQuota, quotaEnv } from './quota.js';
import {
  flag,
  heartbeatFits,
  outgoingEnv,
  parseEnvironment,
  pipelineEnv,
  positive,
  secretsEnv,
  sharedConfig,
  sharedEnv,
  type SharedConfig,
} from './shared.js';

const dispatcherEnv = z
  .object({
    ...sharedEnv,
    ...pipelineEnv,
    ...outgoingEnv,
    ...secretsEnv,
    ...intakeEnv,
    ...quotaEnv,
    ANSWER_CACHE_DAYS: positive(90),
    ASSEMBLE_MS: positive(500),
    NOTIFY_MS: positive(500),
    WEBHOOK_TIMEOUT_MS: positive(20_000),
    WEBHOOK_IN_FLIGHT: positive(64),
    WEBHOOK_IN_FLIGHT_PER_TENANT: positive(16),
    WEBHOOK_IN_FLIGHT_PER_ENDPOINT: positive(4),
    IMPORT_MS: positive(500),
    IMPORT_CHUNKS: positive(8),
    IMPORT_IN_FLIGHT: positive(64),
    IMPORT_IN_FLIGHT_PER_HOST: positive(16),
    IMPORT_TIMEOUT_MS: positive(60_000),
    IMPORT_RETRY_MS: positive(5_000),
    POD_DELETION_COST: flag.default(false),
    KUBERNETES_SERVICE_HOST: z.string().optional(),
    KUBERNETES_SERVICE_PORT: z.string().default('443'),
    KUBERNETES_ACCOUNT_FOLDER: z.string().default('/var/run/secrets/kubernetes.io/serviceaccount'),
  })
  .refine(...heartbeatFits)
  .refine((env) => !env.POD_DELETION_COST || env.KUBERNETES_SERVICE_HOST !== undefined, {
    path: ['POD_DELETION_COST'],
    message:
      'is for pods only: Kubernetes sets KUBERNETES_SERVICE_HOST in each, which is not set here',
  });

export interface DispatcherConfig extends SharedConfig {
  readonly storageUrl: string;
  readonly limits: IntakeLimits;
  /** Of each tenant. */
  readonly quota: TenantQuota;
  readonly leaseMs: number;
  readonly heartbeatMs: number;
  /** Pause between looks for uploads that are complete. */
  readonly assembleMs: number;
  /** Pause between looks for expired leases. */
  readonly sweepMs: number;
  /** Pause between feed steps. */
  readonly feedMs: number;
  /** A shard dispatched for so long, and in no queue, was lost by it. */
  readonly reconcileAgeMs: number;
  /** An answer is known for so long. */
  readonly answerCacheDays: number;
  /** Pause between looks for webhooks that are due. */
  readonly notifyMs: number;
  readonly outgoingAllow: string;
  readonly secretsKey: string | undefined;
  readonly webhooks: WebhookLimits;
  /** Pause between looks for images to import. */
  readonly importMs: number;
  readonly imports: ImportLimits;
  /** Whom to tell which workers are busy; undefined: nobody. */
  readonly kubernetes: KubernetesConfig | undefined;
}

/** The API server, as pods reach it. */
export interface KubernetesConfig {
  readonly url: string;
  /** Where `token`, `ca.crt` and `namespace` of our service account are mounted. */
  readonly accountFolder: string;
}

/** What importing may cost, in one dispatcher. */
export interface ImportLimits {
  /** Chunks in hand; each is some hundred rows. */
  readonly chunks: number;
  /** Requests at once, and to one host. */
  readonly inFlight: number;
  readonly inFlightPerHost: number;
  /** For one request, the body included. */
  readonly timeoutMs: number;
  /** Before the second try; later ones wait longer. */
  readonly retryMs: number;
  readonly imageBytes: number;
  readonly imagesPerSet: number;
  readonly leaseMs: number;
  readonly heartbeatMs: number;
}

export interface WebhookLimits {
  /** For one attempt, the answer included. */
  readonly timeoutMs: number;
  /** Requests at once: of this dispatcher, and of all of them to one tenant's endpoints and to one. */
  readonly inFlight: number;
  readonly inFlightPerTenant: number;
  readonly inFlightPerEndpoint: number;
}

export function loadDispatcherConfig(env: NodeJS.ProcessEnv): DispatcherConfig {
  const parsed = parseEnvironment(dispatcherEnv, env);
  return Object.freeze({
    ...sharedConfig(parsed),
    storageUrl: parsed.STORAGE_URL,
    limits: intakeLimits(parsed),
    quota: tenantQuota(parsed),
    leaseMs: parsed.LEASE_MS,
    heartbeatMs: parsed.HEARTBEAT_MS,
    assembleMs: parsed.ASSEMBLE_MS,
    sweepMs: parsed.SWEEP_MS,
    feedMs: parsed.FEED_MS,
    reconcileAgeMs: parsed.RECONCILE_AGE_MS,
    answerCacheDays: parsed.ANSWER_CACHE_DAYS,
    notifyMs: parsed.NOTIFY_MS,
    outgoingAllow: parsed.OUTGOING_ALLOW,
    secretsKey: parsed.SECRETS_KEY,
    webhooks: Object.freeze({
      timeoutMs: parsed.WEBHOOK_TIMEOUT_MS,
      inFlight: parsed.WEBHOOK_IN_FLIGHT,
      inFlightPerTenant: parsed.WEBHOOK_IN_FLIGHT_PER_TENANT,
      inFlightPerEndpoint: parsed.WEBHOOK_IN_FLIGHT_PER_ENDPOINT,
    }),
    importMs: parsed.IMPORT_MS,
    imports: Object.freeze({
      chunks: parsed.IMPORT_CHUNKS,
      inFlight: parsed.IMPORT_IN_FLIGHT,
      inFlightPerHost: parsed.IMPORT_IN_FLIGHT_PER_HOST,
      timeoutMs: parsed.IMPORT_TIMEOUT_MS,
      retryMs: parsed.IMPORT_RETRY_MS,
      imageBytes: parsed.MAX_IMAGE_BYTES,
      imagesPerSet: parsed.MAX_IMAGES_PER_SET,
      leaseMs: parsed.LEASE_MS,
      heartbeatMs: parsed.HEARTBEAT_MS,
    }),
    kubernetes: kubernetesConfig(parsed),
  });
}

function kubernetesConfig(env: z.infer<typeof dispatcherEnv>): KubernetesConfig | undefined {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env;
  if (!env.POD_DELETION_COST || host === undefined) return undefined;
  const address = host.includes(':') ? `[${host}]` : host;
  return Object.freeze({
    url: `https://${address}:${port}`,
    accountFolder: env.KUBERNETES_ACCOUNT_FOLDER,
  });
}
