import { z } from 'zod';
import { parseEnvironment, pipelineEnv, sharedEnv } from './shared.js';

const dispatcherEnv = z.object({ ...sharedEnv, ...pipelineEnv });

export interface DispatcherConfig {
  readonly databaseUrl: string;
  readonly queueUrl: string;
  readonly storageUrl: string;
  readonly logLevel: string;
  readonly drainTimeoutMs: number;
  readonly leaseMs: number;
  /** Pause between looks for expired leases. */
  readonly sweepMs: number;
  /** Pause between feed steps. */
  readonly feedMs: number;
  /** A shard dispatched for so long, and in no queue, was lost by it. */
  readonly reconcileAgeMs: number;
}

export function loadDispatcherConfig(env: NodeJS.ProcessEnv): DispatcherConfig {
  const parsed = parseEnvironment(dispatcherEnv, env);
  return Object.freeze({
    databaseUrl: parsed.DATABASE_URL,
    queueUrl: parsed.QUEUE_URL,
    storageUrl: parsed.STORAGE_URL,
    logLevel: parsed.LOG_LEVEL,
    drainTimeoutMs: parsed.DRAIN_TIMEOUT_MS,
    leaseMs: parsed.LEASE_MS,
    sweepMs: parsed.SWEEP_MS,
    feedMs: parsed.FEED_MS,
    reconcileAgeMs: parsed.RECONCILE_AGE_MS,
  });
}
