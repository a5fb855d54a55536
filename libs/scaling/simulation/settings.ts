import type { ScalingBehavior } from '../hpa/behavior.js';
import { KUBERNETES_BEHAVIOR } from '../hpa/behavior.js';

/** What the chart's values say of a pool; `deploy/` has the same defaults. */
export interface PoolSettings {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** Accelerator time that one worker shall have before it. */
  readonly targetSeconds: number;
  /** KEDA looks so often whether there is work. */
  readonly pollingSeconds: number;
  /** Without work for so long, the last worker goes. */
  readonly cooldownSeconds: number;
  readonly fallback: { readonly failureThreshold: number; readonly replicas: number } | null;
  readonly behavior: ScalingBehavior;
}

/**
 * A worker that needs three minutes to come shall have more than that before it, or it is paid for its start alone.
 * Workers may go quickly: one that is told to stop commits what it has and gives back the rest, so that shrinking
 * costs seconds. Growing again costs the start of a node and the loading of a model, so it waits a little before.
 */
export const DEFAULT_POOL: PoolSettings = {
  minReplicas: 0,
  maxReplicas: 20,
  targetSeconds: 240,
  pollingSeconds: 15,
  cooldownSeconds: 300,
  fallback: { failureThreshold: 3, replicas: 1 },
  behavior: {
    scaleUp: KUBERNETES_BEHAVIOR.scaleUp,
    scaleDown: {
      stabilizationWindowSeconds: 180,
      selectPolicy: 'Max',
      policies: [{ type: 'Percent', value: 50, periodSeconds: 60 }],
    },
  },
};

/** The world that the pool works in; all times in seconds. */
export interface WorldSettings {
  /** What one image really takes on an accelerator. */
  readonly secondsPerImage: number;
  /** Images of each job, where they are fewer than a shard would hold; no shard is larger than its job. */
  readonly jobImages?: number;
  /** From the wish for a worker until it takes work: node, image, model. */
  readonly startSeconds: number;
  /** What a worker that is told to stop still takes. */
  readonly drainSeconds: number;
  /** Part of the workers that land on a slow node, 0 to 1, and how fast that is, 1 being as fast as the others. */
  readonly slowPart: number;
  readonly slowSpeed: number;
  /** Workers lost without notice, per worker and hour. */
  readonly lossesPerHour: number;
  /** While it lasts the signal cannot be read. */
  readonly outage: { readonly from: number; readonly to: number } | null;
  readonly seed: number;
}

export const DEFAULT_WORLD: WorldSettings = {
  secondsPerImage: 0.1,
  startSeconds: 180,
  drainSeconds: 5,
  slowPart: 0,
  slowSpeed: 0.5,
  lossesPerHour: 0,
  outage: null,
  seed: 1,
};
