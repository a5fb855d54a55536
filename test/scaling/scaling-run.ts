import {
  decideReplicas,
  DEFAULT_WORLD,
  simulate,
  type Arrival,
  type PoolSettings,
  type ReplicaChange,
  type Sample,
  type Simulation,
} from '#scaling';
import { TestClient } from '../rig/client.js';
import { System } from '../rig/system.js';
import { Burst, JOB_IMAGES } from './burst.js';
import { LocalActuator, type WorkerEnd } from './local-actuator.js';

export interface ScalingRunOptions {
  readonly pool: PoolSettings;
  /** The pool's seconds pass so many times faster than ours. */
  readonly speed: number;
  /** Images of each burst; one arrives when the pool has come back to zero after the one before. */
  readonly bursts: readonly number[];
}

/** Times are seconds of the pool. */
export interface BurstFigures {
  readonly images: number;
  /** From its arrival until its last image had ended, and until the last worker was not wanted any more. */
  readonly finishedSeconds: number;
  readonly zeroSeconds: number;
  readonly mostReplicas: number;
  readonly workerSeconds: number;
}

export interface ScalingRun {
  readonly samples: readonly Sample[];
  readonly changes: readonly ReplicaChange[];
  readonly ends: readonly WorkerEnd[];
  readonly faults: readonly string[];
  readonly bursts: readonly {
    readonly measured: BurstFigures;
    readonly simulated: BurstFigures;
  }[];
  readonly startSeconds: number;
  readonly drainSeconds: number;
  /** The same load, simulated. */
  readonly simulation: Simulation;
}

const MODEL = 'instant';
const INTERNAL_TOKEN = 'internal-token-of-the-scaling-run';
/** What the api assumes of a model that nobody has measured, so that assumption and truth agree here. */
const IMAGE_SECONDS = 0.1;

/** A pool that a local actuator moves, from nothing to each burst and back; and the simulation of the same load. */
export async function runScaling(options: ScalingRunOptions): Promise<ScalingRun> {
  const { pool, speed } = options;
  const system = await System.start({
    workers: 0,
    itemMs: IMAGE_SECONDS * 1000,
    isSerial: true,
    env: { INTERNAL_TOKEN, LOG_LEVEL: 'warn' },
  });
  let actuator: LocalActuator | undefined;
  try {
    const client = new TestClient(system.url, system.apiKey);
    // A job can name a model when a worker has served it once.
    await (await system.startWorker()).stop(20_000);
    const bursts: Burst[] = [];
    let from = 0;
    for (const count of options.bursts) {
      bursts.push(await Burst.prepare(system, client, { from, count }));
      from += count;
    }
    actuator = new LocalActuator({
      system,
      model: MODEL,
      internalToken: INTERNAL_TOKEN,
      pool,
      speed,
    });
    return await letThemCome(options, actuator, bursts);
  } finally {
    await actuator?.stop();
    await system.stop();
  }
}

async function letThemCome(
  { pool, speed, bursts: counts }: ScalingRunOptions,
  actuator: LocalActuator,
  bursts: readonly Burst[],
): Promise<ScalingRun> {
  const faults: string[] = [];
  const load: Arrival[] = [];
  const measured: BurstFigures[] = [];
  for (const [n, burst] of bursts.entries()) {
    const before = actuator.workerSeconds;
    const at = actuator.now();
    load.push({ at, images: counts[n]! });
    await burst.arrive();
    await actuator.untilWanted(1);
    await actuator.untilZero();
    faults.push(...(await burst.check()));
    measured.push({
      images: counts[n]!,
      finishedSeconds: ((await burst.tookMs()) / 1000) * speed,
      ...shapeOf(actuator.scaler.changes, at),
      workerSeconds: actuator.workerSeconds - before,
    });
  }
  const startSeconds = mean(actuator.startsMs.map((ms) => (ms / 1000) * speed));
  const drainSeconds = mean(actuator.ends.map(({ tookMs }) => (tookMs / 1000) * speed));
  const simulateLoad = (arrivals: readonly Arrival[]): Simulation =>
    simulateAsHere(arrivals, pool, { speed, startSeconds, drainSeconds });
  return {
    samples: actuator.samples,
    changes: actuator.scaler.changes,
    ends: actuator.ends,
    faults: [...faults, ...actuator.faults],
    bursts: load.map(({ at, images }, n) => ({
      measured: measured[n]!,
      // Alone, and as long after a poll as it really came: each burst found the pool at rest.
      simulated: figuresOf(simulateLoad([{ at: at % pool.pollingSeconds, images }])),
    })),
    startSeconds,
    drainSeconds,
    simulation: simulateLoad(load),
  };
}

/** The load of this machine on the pool's clock: an image takes longer there by as much as the clock is faster. */
function simulateAsHere(
  load: readonly Arrival[],
  pool: PoolSettings,
  here: { readonly speed: number; readonly startSeconds: number; readonly drainSeconds: number },
): Simulation {
  const secondsPerImage = IMAGE_SECONDS * here.speed;
  const world = {
    ...DEFAULT_WORLD,
    secondsPerImage,
    jobImages: JOB_IMAGES,
    startSeconds: here.startSeconds,
    drainSeconds: here.drainSeconds,
  };
  return simulate(load, pool, world, ({ outstanding, inFlight, workers }) => {
    const work = { outstandingItems: outstanding, inFlightItems: inFlight, workers };
    const outstandingSeconds = outstanding * secondsPerImage;
    return decideReplicas({ pool: MODEL, isKnown: true, outstandingSeconds, ...work }, pool).value;
  });
}

function figuresOf({ summary, changes }: Simulation): BurstFigures {
  const { images, workerSeconds } = summary;
  const finishedSeconds = summary.longestWaitSeconds;
  return { images, finishedSeconds, ...shapeOf(changes, 0), workerSeconds };
}

/** Of what was wanted from `at` on; the last change is the one to zero. */
function shapeOf(
  changes: readonly ReplicaChange[],
  at: number,
): Pick<BurstFigures, 'zeroSeconds' | 'mostReplicas'> {
  const since = changes.filter((change) => change.at >= at);
  return {
    zeroSeconds: since.at(-1)!.at - at,
    mostReplicas: Math.max(...since.map(({ replicas }) => replicas)),
  };
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
