import { setTimeout as lasting } from 'node:timers/promises';
import { autoscalingSignalSchema, type AutoscalingSignal } from '#contracts';
import { Database, readBacklog } from '#database';
import {
  HPA_SYNC_SECONDS,
  PoolScaler,
  type PoolSettings,
  type Reading,
  type Sample,
} from '#scaling';
import type { System, WorkerProcess } from '../rig/system.js';
import { WorkerLeases } from './worker-leases.js';

export interface ActuatorOptions {
  readonly system: System;
  readonly model: string;
  readonly internalToken: string;
  readonly pool: PoolSettings;
  /** The pool's seconds pass so many times faster than ours. */
  readonly speed: number;
}

/** How one worker ended that was told to stop. */
export interface WorkerEnd {
  readonly code: number | null;
  readonly tookMs: number;
  /** What it held when it was told. */
  readonly leasesBefore: number;
  readonly leasesAfter: number;
}

/**
 * A Kubernetes of one machine: it asks the api for the signal as KEDA does, decides by the rules of KEDA and the HPA
 * (`PoolScaler`), and starts and stops worker processes as a Deployment would. Which pod goes Kubernetes decides; here it
 * is the one that has been ready longest, which costs most, for it is the one that surely holds work.
 */
export class LocalActuator {
  readonly scaler: PoolScaler;
  readonly samples: Sample[] = [];
  readonly ends: WorkerEnd[] = [];
  /** Breaches of what a scaler must never do, in words. */
  readonly faults: string[] = [];
  /** From the wish for a worker until it was ready, in our milliseconds. */
  readonly startsMs: number[] = [];
  /** Time that worker processes existed, in the pool's seconds. */
  workerSeconds = 0;
  readonly #ready: WorkerProcess[] = [];
  readonly #pending = new Set<Promise<void>>();
  #starting = 0;
  #isStopping = false;
  readonly #startedAt = performance.now();
  #loop: Promise<void>;

  constructor(private readonly options: ActuatorOptions) {
    this.scaler = new PoolScaler(options.pool);
    this.#loop = this.#run();
    // Whoever waits for it hears of it; a test that fails earlier must not end by it as well.
    this.#loop.catch(() => undefined);
  }

  /** The pool's clock, in seconds. */
  now(): number {
    return ((performance.now() - this.#startedAt) / 1000) * this.options.speed;
  }

  /** Resolves when the pool wants nobody and the last worker has gone. Errors: what the loop failed with. */
  async untilZero(): Promise<void> {
    while (this.scaler.replicas > 0 || this.#ready.length > 0 || this.#pending.size > 0) {
      await Promise.race([this.#loop, lasting(20)]);
    }
  }

  async untilWanted(replicas: number): Promise<void> {
    while (this.scaler.replicas < replicas) await Promise.race([this.#loop, lasting(20)]);
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#loop;
    await Promise.all(this.#pending);
  }

  async #run(): Promise<void> {
    let [nextPoll, nextSync] = [0, 0];
    while (!this.#isStopping) {
      const at = this.now();
      const signal = await this.#read();
      const reading = signal && signal.value * this.options.speed;
      if (at >= nextPoll) {
        await this.#poll(at, reading);
        nextPoll += this.options.pool.pollingSeconds;
      }
      if (at >= nextSync) {
        this.scaler.sync(at, reading);
        if (signal !== undefined) this.#sample(at, signal);
        nextSync += HPA_SYNC_SECONDS;
      }
      this.#follow();
      const pauseSeconds = Math.min(nextPoll, nextSync) - this.now();
      if (pauseSeconds > 0) await lasting((pauseSeconds / this.options.speed) * 1000);
    }
  }

  async #poll(at: number, reading: Reading): Promise<void> {
    const before = this.scaler.replicas;
    if (this.scaler.poll(at, reading) > 0 || before === 0) return;
    const database = new Database(this.options.system.databaseUrl, { connections: 1 });
    const { outstandingItems, inFlightItems } = await readBacklog(database, this.options.model);
    await database.close();
    if (outstandingItems + inFlightItems > 0) {
      this.faults.push(`no worker is wanted, and ${outstandingItems + inFlightItems} images wait`);
    }
  }

  /** Undefined when the api cannot be asked, as for KEDA. */
  async #read(): Promise<AutoscalingSignal | undefined> {
    const { system, model, internalToken, pool, speed } = this.options;
    const query = `min=${pool.minReplicas}&max=${pool.maxReplicas}&target_seconds=${pool.targetSeconds / speed}`;
    const response = await fetch(`${system.url}/internal/autoscaling/${model}?${query}`, {
      headers: { authorization: `Bearer ${internalToken}` },
    }).catch(() => undefined);
    if (!response?.ok) return undefined;
    return autoscalingSignalSchema.parse(await response.json());
  }

  #sample(at: number, { outstanding, in_flight: inFlight }: AutoscalingSignal): void {
    this.samples.push({
      at,
      outstanding: outstanding.items,
      inFlight: inFlight.items,
      replicas: this.scaler.replicas,
      ready: this.#ready.length,
    });
  }

  /** What is wanted becomes what there is. */
  #follow(): void {
    const missing = this.scaler.replicas - this.#ready.length - this.#starting;
    for (let n = 0; n < missing; n += 1) this.#keep(this.#startOne());
    while (this.#ready.length > this.scaler.replicas) {
      this.#keep(this.#stopOne(this.#ready.shift()!));
    }
  }

  #keep(work: Promise<void>): void {
    this.#pending.add(work);
    const done = (): void => void this.#pending.delete(work);
    work.then(done, done);
    // A worker that does not start or stop ends the loop, and with it whoever waits.
    this.#loop = Promise.all([this.#loop, work]).then(() => undefined);
    this.#loop.catch(() => undefined);
  }

  async #startOne(): Promise<void> {
    const since = performance.now();
    this.#starting += 1;
    const worker = await this.options.system.startWorker().finally(() => (this.#starting -= 1));
    this.startsMs.push(performance.now() - since);
    void worker.exited.then(() => {
      this.workerSeconds += ((performance.now() - since) / 1000) * this.options.speed;
    });
    this.#ready.push(worker);
    this.#follow();
  }

  async #stopOne(worker: WorkerProcess): Promise<void> {
    const leases = await WorkerLeases.of(this.options.system.databaseUrl, worker.pid);
    const leasesBefore = await leases.count();
    const since = performance.now();
    const { code } = await worker.stop(30_000);
    const tookMs = performance.now() - since;
    this.ends.push({ code, tookMs, leasesBefore, leasesAfter: await leases.count() });
  }
}
