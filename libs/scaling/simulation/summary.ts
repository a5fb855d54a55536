import type { ReplicaChange } from '../pool/pool-scaler.js';
import type { Arrival } from './load.js';
import type { PoolSettings, WorldSettings } from './settings.js';
import type { Waiting } from './waiting.js';
import type { WorkerPool } from './worker-pool.js';

/** What is read of a run when it has ended. */
export interface SimulationRecord {
  readonly waiting: Waiting;
  readonly workers: WorkerPool;
  /** Replicas of each second in which they changed. */
  readonly changes: readonly ReplicaChange[];
  readonly zeroWithWork: number;
  readonly finishedAt: number | undefined;
}

export interface SimulationSummary {
  readonly images: number;
  /** When the last image had ended; null when that never happened. */
  readonly finishedSeconds: number | null;
  /** The same with all workers there from the begin, and all equally fast. */
  readonly idealSeconds: number;
  /** Time that workers existed, starting and draining ones included. */
  readonly workerSeconds: number;
  /** What the images take on an accelerator. */
  readonly idealWorkerSeconds: number;
  readonly firstAnswerSeconds: number | null;
  readonly meanWaitSeconds: number;
  /** From a job's arrival to its last image. */
  readonly longestWaitSeconds: number;
  readonly mostReplicas: number;
  /** Times that the pool shrank and grew again within ten minutes. */
  readonly flaps: number;
  /** Times that it went to zero while something was outstanding: a fault. */
  readonly zeroWithWork: number;
  readonly lostWorkers: number;
}

const FLAP_S = 600;

export function summarise(
  run: SimulationRecord,
  load: readonly Arrival[],
  pool: PoolSettings,
  world: WorldSettings,
): SimulationSummary {
  const images = load.reduce((sum, arrival) => sum + arrival.images, 0);
  return {
    images,
    finishedSeconds: run.finishedAt ?? null,
    idealSeconds: idealSeconds(load, pool.maxReplicas / world.secondsPerImage),
    workerSeconds: run.workers.costSeconds,
    idealWorkerSeconds: images * world.secondsPerImage,
    firstAnswerSeconds: run.waiting.firstAnswerAt ?? null,
    meanWaitSeconds: run.waiting.meanSeconds,
    longestWaitSeconds: run.waiting.longestSeconds,
    mostReplicas: Math.max(pool.minReplicas, ...run.changes.map((change) => change.replicas)),
    flaps: countFlaps(run.changes, pool.minReplicas),
    zeroWithWork: run.zeroWithWork,
    lostWorkers: run.workers.lostWorkers,
  };
}

function idealSeconds(load: readonly Arrival[], imagesPerSecond: number): number {
  return load.reduce(
    (end, arrival) => Math.max(end, arrival.at) + arrival.images / imagesPerSecond,
    0,
  );
}

function countFlaps(changes: SimulationRecord['changes'], first: number): number {
  let flaps = 0;
  let before = first;
  let shrankAt = -Infinity;
  for (const { at, replicas } of changes) {
    if (replicas < before) shrankAt = at;
    else if (at - shrankAt < FLAP_S) {
      flaps += 1;
      shrankAt = -Infinity;
    }
    before = replicas;
  }
  return flaps;
}
