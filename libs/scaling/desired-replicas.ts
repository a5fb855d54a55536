/** What is known of a pool: the workers that serve one model. */
export interface PoolBacklog {
  readonly pool: string;
  /** False until a worker has served the model for the first time; no job can name it before. */
  readonly isKnown: boolean;
  /** Images that have not ended, of jobs that are not being cancelled, and all that workers hold. */
  readonly outstandingItems: number;
  readonly outstandingSeconds: number;
  /** The part of it that workers hold. */
  readonly inFlightItems: number;
  /** Workers that were seen lately. */
  readonly workers: number;
}

export interface PoolLimits {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** Accelerator time that one worker shall have before it, in seconds. */
  readonly targetSeconds: number;
}

export interface ScalingDecision {
  /** What a scaler divides by the target, in accelerator-seconds: 0 exactly when nobody is wanted. */
  readonly value: number;
  readonly replicas: number;
  readonly reason: string;
}

/** As the HPA has it: a pool that is nearly right is left alone, or it would follow every measure. */
export const TOLERANCE = 0.1;
/** While anything is to be done the value is this at least, in seconds: rounding must not end a pool. */
const LEAST_VALUE = 1;

/**
 * How many workers a pool shall have: outstanding accelerator time over what one worker shall have before it,
 * within the limits. Work in flight is part of it, so the last busy worker keeps the pool above zero.
 *
 * The rule has no memory. What must not follow every measure (scale-down) is slowed by the HPA's own windows, which
 * `pallet simulate-scaling` shows.
 */
export function decideReplicas(backlog: PoolBacklog, limits: PoolLimits): ScalingDecision {
  const value = scalingValue(backlog);
  const wanted = Math.ceil(value / limits.targetSeconds);
  const isNear = isNearlyRight(backlog.workers, value, limits.targetSeconds);
  const replicas = clamp(isNear ? backlog.workers : wanted, limits);
  return { value, replicas, reason: explain(backlog, limits, { wanted, isNear, replicas }) };
}

function scalingValue(backlog: PoolBacklog): number {
  const isWanted = !backlog.isKnown || backlog.outstandingItems > 0 || backlog.inFlightItems > 0;
  return isWanted ? Math.max(LEAST_VALUE, backlog.outstandingSeconds) : 0;
}

function isNearlyRight(workers: number, value: number, targetSeconds: number): boolean {
  return workers > 0 && Math.abs(value / (targetSeconds * workers) - 1) <= TOLERANCE;
}

const clamp = (replicas: number, { minReplicas, maxReplicas }: PoolLimits): number =>
  Math.min(maxReplicas, Math.max(minReplicas, replicas));

function explain(
  backlog: PoolBacklog,
  limits: PoolLimits,
  found: { wanted: number; isNear: boolean; replicas: number },
): string {
  const { pool, outstandingItems, outstandingSeconds, inFlightItems, workers } = backlog;
  if (!backlog.isKnown) {
    return `No worker has ever served ${pool}, so no job can name it yet; one is wanted to make it known.`;
  }
  if (outstandingItems === 0 && inFlightItems === 0) {
    return `Nothing is outstanding, so ${found.replicas}, the fewest allowed.`;
  }
  const work = `${outstandingItems} images are outstanding, ${inFlightItems} of them in flight: about ${round(outstandingSeconds)} s of accelerator time.`;
  if (found.isNear && found.replicas === workers) {
    return `${work} ${workers} workers are within ${TOLERANCE * 100} % of ${limits.targetSeconds} s each, so they stay.`;
  }
  const wish = `At ${limits.targetSeconds} s each that is work for ${found.wanted}`;
  if (found.wanted > limits.maxReplicas) return `${work} ${wish}; ${found.replicas} are allowed.`;
  if (found.wanted < limits.minReplicas) return `${work} ${wish}; ${found.replicas} always run.`;
  return `${work} ${wish}.`;
}

const round = (seconds: number): number => Math.round(seconds * 10) / 10;
