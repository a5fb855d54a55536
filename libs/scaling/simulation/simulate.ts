import { shardSize } from '#pipeline';
import { decideReplicas } from '../desired-replicas.js';
import { HPA_SYNC_SECONDS } from '../hpa/horizontal-autoscaler.js';
import type { Reading } from '../keda/scaled-object.js';
import { PoolScaler, type ReplicaChange } from '../pool/pool-scaler.js';
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
  readonly changes: readonly ReplicaChange[];
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
  return { samples: run.samples, changes: run.changes, summary: summarise(run, load, pool, world) };
}

class SimulationRun implements SimulationRecord {
  readonly samples: Sample[] = [];
  readonly waiting = new Waiting();
  readonly workers: WorkerPool;
  /** Times when the pool went to zero while something was outstanding. */
  zeroWithWork = 0;
  finishedAt: number | undefined;
  readonly #measured = new MeasuredSeconds();
  readonly #scaler: PoolScaler;
  readonly #arrivals: Arrival[];

  constructor(
    load: readonly Arrival[],
    private readonly pool: PoolSettings,
    private readonly world: WorldSettings,
    private readonly signal: SimulatedSignal,
  ) {
    this.#arrivals = [...load];
    const planned = shardSize(world.secondsPerImage * 1000);
    this.workers = new WorkerPool(world, Math.min(planned, world.jobImages ?? planned));
    this.#scaler = new PoolScaler(pool);
  }

  get changes(): readonly ReplicaChange[] {
    return this.#scaler.changes;
  }

  step(at: number): void {
    this.#arrive(at);
    if (at % this.pool.pollingSeconds === 0) this.#poll(at);
    if (at % HPA_SYNC_SECONDS === 0) this.#scaler.sync(at, this.#read(at));
    const done = this.workers.step(at, this.#scaler.replicas);
    this.#measured.step(at, this.workers.measures());
    this.waiting.step(at, done);
    if (this.#isDone) this.finishedAt ??= at + 1;
    else this.finishedAt = undefined;
    if (at % HPA_SYNC_SECONDS === 0) this.#sample(at);
  }

  /** All has ended, and the pool is as small as it gets. */
  isAtRest(at: number): boolean {
    return at > 0 && this.#isDone && this.#scaler.replicas <= this.pool.minReplicas;
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
    const before = this.#scaler.replicas;
    const isZeroNow = this.#scaler.poll(at, this.#read(at)) === 0 && before > 0;
    if (isZeroNow && this.workers.outstanding >= 1e-3) this.zeroWithWork += 1;
  }

  #sample(at: number): void {
    this.samples.push({
      at,
      outstanding: this.workers.outstanding,
      inFlight: this.workers.inFlight,
      replicas: this.#scaler.replicas,
      ready: this.workers.readyAt(at),
    });
  }
}

/** Fractions of images are how the second is cut, not work that is left. */
const tidy = (images: number): number => (images < 1e-3 ? 0 : images);
