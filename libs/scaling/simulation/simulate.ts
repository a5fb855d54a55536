import { shardSize } from '#pipeline';
import { decideReplicas } from '../desired-replicas.js';
import { HorizontalAutoscaler, HPA_SYNC_SECONDS } from '../hpa/horizontal-autoscaler.js';
import { replicasForAverageValue } from '../hpa/replicas-from-metric.js';
import { ScaledObject, type Reading } from '../keda/scaled-object.js';
import type { Arrival } from './load.js';
import { MeasuredSeconds } from './measured-seconds.js';
import type { PoolSettings, WorldSettings } from './settings.js';
import { summarise, type SimulationRecord, type SimulationSummary } from './summary.js';
import { Waiting } from './waiting.js';
import { WorkerPool } from './worker-pool.js';

export interface Sample {
  /** Seconds from the begin. */
  readonly at: number;
  readonly outstanding: number;
  readonly inFlight: number;
  readonly replicas: number;
  readonly ready: number;
}

export interface Simulation {
  readonly samples: readonly Sample[];
  readonly summary: SimulationSummary;
}

/** No simulation is longer, in seconds: settings that never end their work are told apart from long loads. */
const LONGEST_S = 30 * 24 * 3_600;

/** What a scaler is told of the pool, in the unit of its target. */
export type SimulatedSignal = (state: {
  readonly outstanding: number;
  readonly inFlight: number;
  /** Seconds per image as far as anybody measured. */
  readonly secondsPerImage: number;
  readonly workers: number;
}) => number;

/** What the api says. */
const palletSignal =
  (pool: PoolSettings): SimulatedSignal =>
  (state) =>
    decideReplicas(
      {
        pool: 'simulated',
        isKnown: true,
        outstandingItems: state.outstanding,
        outstandingSeconds: state.outstanding * state.secondsPerImage,
        inFlightItems: state.inFlight,
        workers: state.workers,
      },
      pool,
    ).value;

/**
 * KEDA and the HPA over a pool of workers and a load, a second at a time. The same arguments give the same answer.
 * It ends when all has ended and the pool has come to rest.
 */
export function simulate(
  load: readonly Arrival[],
  pool: PoolSettings,
  world: WorldSettings,
  signal: SimulatedSignal = palletSignal(pool),
): Simulation {
  const run = new SimulationRun(load, pool, world, signal);
  let at = 0;
  while (at < LONGEST_S && !run.isAtRest(at)) run.step(at++);
  return { samples: run.samples, summary: summarise(run, load, pool, world) };
}

class SimulationRun implements SimulationRecord {
  readonly samples: Sample[] = [];
  readonly waiting = new Waiting();
  readonly workers: WorkerPool;
  readonly changes: { readonly at: number; readonly replicas: number }[] = [];
  /** Times when the pool went to zero while something was outstanding. */
  zeroWithWork = 0;
  finishedAt: number | undefined;
  readonly #measured = new MeasuredSeconds();
  readonly #keda: ScaledObject;
  readonly #hpa: HorizontalAutoscaler;
  readonly #arrivals: Arrival[];
  #replicas: number;

  constructor(
    load: readonly Arrival[],
    private readonly pool: PoolSettings,
    private readonly world: WorldSettings,
    private readonly signal: SimulatedSignal,
  ) {
    this.#arrivals = [...load];
    this.workers = new WorkerPool(world, shardSize(world.secondsPerImage * 1000));
    this.#replicas = pool.minReplicas;
    this.#keda = new ScaledObject({
      ...pool,
      activationValue: 0,
      targetValue: pool.targetSeconds,
    });
    this.#hpa = new HorizontalAutoscaler({ ...pool, minReplicas: Math.max(1, pool.minReplicas) });
  }

  step(at: number): void {
    this.#arrive(at);
    if (at % this.pool.pollingSeconds === 0) this.#poll(at);
    if (at % HPA_SYNC_SECONDS === 0) this.#sync(at);
    const done = this.workers.step(at, this.#replicas);
    this.#measured.step(at, this.workers.measures());
    this.waiting.step(at, done);
    if (this.#isDone) this.finishedAt ??= at + 1;
    else this.finishedAt = undefined;
    if (at % HPA_SYNC_SECONDS === 0) this.#sample(at);
  }

  /** All has ended, and the pool is as small as it gets. */
  isAtRest(at: number): boolean {
    return at > 0 && this.#isDone && this.#replicas <= this.pool.minReplicas;
  }

  get #isDone(): boolean {
    return this.#arrivals.length === 0 && this.workers.outstanding < 1e-3;
  }

  #arrive(at: number): void {
    while (this.#arrivals[0] !== undefined && this.#arrivals[0].at <= at) {
      const arrival = this.#arrivals.shift()!;
      this.workers.add(arrival.images);
      this.waiting.add(arrival);
    }
  }

  /** What the api would say; undefined while it cannot be asked. */
  #read(at: number): Reading {
    const { outage } = this.world;
    if (outage !== null && at >= outage.from && at < outage.to) return undefined;
    return this.signal({
      outstanding: tidy(this.workers.outstanding),
      inFlight: tidy(this.workers.inFlight),
      secondsPerImage: this.#measured.seconds,
      workers: this.workers.readyAt(at),
    });
  }

  #poll(at: number): void {
    this.#scale(at, this.#keda.poll(at, this.#replicas, this.#read(at)));
  }

  #sync(at: number): void {
    if (this.#replicas === 0) return;
    const metric = this.#keda.metric(this.#replicas, this.#read(at));
    const proposal =
      metric === undefined
        ? undefined
        : replicasForAverageValue(metric, this.pool.targetSeconds, this.#replicas);
    this.#scale(at, this.#hpa.sync(at, this.#replicas, proposal));
  }

  #scale(at: number, replicas: number): void {
    if (replicas === this.#replicas) return;
    if (replicas === 0 && this.workers.outstanding >= 1e-3) this.zeroWithWork += 1;
    this.#replicas = replicas;
    this.changes.push({ at, replicas });
  }

  #sample(at: number): void {
    this.samples.push({
      at,
      outstanding: this.workers.outstanding,
      inFlight: this.workers.inFlight,
      replicas: this.#replicas,
      ready: this.workers.readyAt(at),
    });
  }
}

/** Fractions of images are how the second is cut, not work that is left. */
const tidy = (images: number): number => (images < 1e-3 ? 0 : images);
