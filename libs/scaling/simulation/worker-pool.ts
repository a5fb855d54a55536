import { seededRandom } from './random.js';
import type { WorldSettings } from './settings.js';

interface Worker {
  readonly readyAt: number;
  readonly speed: number;
  /** Images left of each shard it holds. */
  shards: number[];
  /** Images per second that it did in the last second. */
  done: number;
}

/** Shards that a worker holds at once, as it does by default. */
const SHARD_CONCURRENCY = 4;
/** Lease and sweep: what a worker held that vanished is there again so much later, in seconds. */
const LOST_LEASE_S = 22;

/**
 * The simulated workers of a pool, a second at a time: they start, take shards, work, drain when they are too many,
 * and vanish. What one held that vanished comes back when its lease has expired.
 */
export class WorkerPool {
  #workers: Worker[] = [];
  /** Ends of drains, in seconds. */
  #draining: number[] = [];
  #returning: { readonly at: number; readonly images: number }[] = [];
  #backlog = 0;
  #costSeconds = 0;
  #lost = 0;
  readonly #random: () => number;

  constructor(
    private readonly world: WorldSettings,
    private readonly shardImages: number,
  ) {
    this.#random = seededRandom(world.seed);
  }

  add(images: number): void {
    this.#backlog += images;
  }

  /** Images that have not ended. */
  get outstanding(): number {
    const returning = this.#returning.reduce((sum, shard) => sum + shard.images, 0);
    return this.#backlog + returning + this.inFlight;
  }
  get inFlight(): number {
    return this.#workers.reduce((sum, worker) => sum + heldBy(worker), 0);
  }
  readyAt(at: number): number {
    return this.#workers.filter((worker) => worker.readyAt <= at).length;
  }
  /** Time that workers existed, starting and draining ones included. */
  get costSeconds(): number {
    return this.#costSeconds;
  }
  get lostWorkers(): number {
    return this.#lost;
  }
  /** Seconds per image of each worker that worked, as it measures itself. */
  measures(): number[] {
    return this.#workers.filter(({ done }) => done > 0).map(({ done }) => 1 / done);
  }

  /** One second with so many workers wanted; answers the images that ended in it. */
  step(at: number, replicas: number): number {
    this.#returnLost(at);
    this.#lose(at);
    while (this.#workers.length > replicas) this.#drainOne(at);
    while (this.#workers.length < replicas) this.#startOne(at);
    this.#draining = this.#draining.filter((end) => end > at);
    this.#costSeconds += this.#workers.length + this.#draining.length;
    return this.#workers.reduce((sum, worker) => sum + this.#work(worker, at), 0);
  }

  #work(worker: Worker, at: number): number {
    worker.done = 0;
    if (worker.readyAt > at) return 0;
    let budget = worker.speed / this.world.secondsPerImage;
    const whole = budget;
    while (budget > 1e-9) {
      this.#take(worker);
      const [first] = worker.shards;
      if (first === undefined) break;
      const images = Math.min(first, budget);
      budget -= images;
      worker.done += images;
      if (first - images > 1e-9) worker.shards[0] = first - images;
      else worker.shards.shift();
    }
    // Only a second that was full says how fast the worker is.
    const { done } = worker;
    if (done < whole - 1e-6) worker.done = 0;
    return done;
  }

  #take(worker: Worker): void {
    while (worker.shards.length < SHARD_CONCURRENCY && this.#backlog > 1e-9) {
      const images = Math.min(this.shardImages, this.#backlog);
      this.#backlog -= images;
      worker.shards.push(images);
    }
  }

  #startOne(at: number): void {
    const isSlow = this.#random() < this.world.slowPart;
    this.#workers.push({
      readyAt: at + this.world.startSeconds,
      speed: isSlow ? this.world.slowSpeed : 1,
      shards: [],
      done: 0,
    });
  }

  /**
   * As a ReplicaSet chooses: pods that are not ready, then those of lower `pod-deletion-cost` (idle ones), and of
   * equals the one that has been ready for the shortest time.
   */
  #drainOne(at: number): void {
    const isReady = ({ readyAt }: Worker): boolean => readyAt <= at;
    const cost = (worker: Worker): number => (isReady(worker) && heldBy(worker) > 0 ? 1 : 0);
    const [chosen] = this.#workers.toSorted(
      (one, other) =>
        Number(isReady(one)) - Number(isReady(other)) ||
        cost(one) - cost(other) ||
        other.readyAt - one.readyAt,
    );
    this.#workers = this.#workers.filter((worker) => worker !== chosen);
    this.#backlog += heldBy(chosen!);
    this.#draining.push(at + (isReady(chosen!) ? this.world.drainSeconds : 0));
  }

  #lose(at: number): void {
    const chance = this.world.lossesPerHour / 3_600;
    if (chance === 0) return;
    this.#workers = this.#workers.filter((worker) => {
      if (this.#random() >= chance) return true;
      this.#lost += 1;
      this.#returning.push({ at: at + LOST_LEASE_S, images: heldBy(worker) });
      return false;
    });
  }

  #returnLost(at: number): void {
    const back = this.#returning.filter((shard) => shard.at <= at);
    this.#returning = this.#returning.filter((shard) => shard.at > at);
    this.#backlog += back.reduce((sum, shard) => sum + shard.images, 0);
  }
}

const heldBy = (worker: Worker): number => worker.shards.reduce((sum, images) => sum + images, 0);
