/** Kubernetes takes pods of lower cost first; 0 is that of a pod of which nothing is said. */
const IDLE_COST = 0;
const BUSY_COST = 100;
/** A worker has nothing for a moment between two shards; Kubernetes asks for few changes. */
const IDLE_AFTER_MS = 15_000;

export interface PodLoad {
  /** Name of the pod: what a worker in it takes for its host. */
  readonly pod: string;
  readonly isBusy: boolean;
}

export interface PodCost {
  readonly pod: string;
  readonly cost: number;
}

/**
 * What each pod of a worker should cost to delete: two steps, so that a pod is told anything only when it begins to
 * work, and when it has had nothing to do for a while.
 */
export class DeletionCosts {
  readonly #told = new Map<string, number>();
  readonly #busyAt = new Map<string, number>();

  /** Input: the workers' pods as they are `now`, milliseconds. Output: those that have to be told another cost. */
  changes(loads: readonly PodLoad[], now: number): PodCost[] {
    const pods = new Set(loads.map(({ pod }) => pod));
    this.#forgetAllBut(pods);
    for (const { pod, isBusy } of loads) if (isBusy) this.#busyAt.set(pod, now);
    return [...pods]
      .map((pod) => ({ pod, cost: this.#costOf(pod, now) }))
      .filter(({ pod, cost }) => this.#told.get(pod) !== cost);
  }

  /** Until then `changes` names it each time. */
  told({ pod, cost }: PodCost): void {
    this.#told.set(pod, cost);
  }

  #costOf(pod: string, now: number): number {
    const idleMs = now - (this.#busyAt.get(pod) ?? -Infinity);
    return idleMs < IDLE_AFTER_MS ? BUSY_COST : IDLE_COST;
  }

  #forgetAllBut(pods: ReadonlySet<string>): void {
    for (const pod of this.#told.keys()) if (!pods.has(pod)) this.#told.delete(pod);
    for (const pod of this.#busyAt.keys()) if (!pods.has(pod)) this.#busyAt.delete(pod);
  }
}
