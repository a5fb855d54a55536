import { z } from 'zod';
import {
  parseEnvironment,
  pipelineEnv,
  sharedConfig,
  sharedEnv,
  type SharedConfig,
} from './shared.js';

const dispatcherEnv = z.object({ ...sharedEnv, ...pipelineEnv });

export interface DispatcherConfig extends SharedConfig {
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
    ...sharedConfig(parsed),
    sweepMs: parsed.SWEEP_MS,
    feedMs: parsed.FEED_MS,
    reconcileAgeMs: parsed.RECONCILE_AGE_MS,
  });
}
