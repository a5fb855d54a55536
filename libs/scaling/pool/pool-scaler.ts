import { HorizontalAutoscaler } from '../hpa/horizontal-autoscaler.js';
import { replicasForAverageValue } from '../hpa/replicas-from-metric.js';
import { ScaledObject, type Reading } from '../keda/scaled-object.js';
import type { PoolSettings } from '../simulation/settings.js';

/** Replicas from a moment on. */
export interface ReplicaChange {
  readonly at: number;
  readonly replicas: number;
}

/**
 * KEDA and the HPA over one pool, as a cluster has them: how many workers are wanted, from one reading of the signal
 * to the next. It has no clock: the simulation gives it simulated seconds, an actuator those of its own.
 */
export class PoolScaler {
  /** Every change of what is wanted, the first first. */
  readonly changes: ReplicaChange[] = [];
  #replicas: number;
  readonly #keda: ScaledObject;
  readonly #hpa: HorizontalAutoscaler;

  constructor(private readonly pool: PoolSettings) {
    this.#replicas = pool.minReplicas;
    this.#keda = new ScaledObject({
      ...pool,
      activationValue: 0,
      targetValue: pool.targetSeconds,
    });
    this.#hpa = new HorizontalAutoscaler({ ...pool, minReplicas: Math.max(1, pool.minReplicas) });
  }

  /** Workers that are wanted. */
  get replicas(): number {
    return this.#replicas;
  }

  /** KEDA's part, each `pollingSeconds`: the steps from and to zero. */
  poll(at: number, reading: Reading): number {
    return this.#set(at, this.#keda.poll(at, this.#replicas, reading));
  }

  /** The HPA's part, each `HPA_SYNC_SECONDS`: everything from one to the most. */
  sync(at: number, reading: Reading): number {
    if (this.#replicas === 0) return 0;
    const metric = this.#keda.metric(this.#replicas, reading);
    const proposal =
      metric === undefined
        ? undefined
        : replicasForAverageValue(metric, this.pool.targetSeconds, this.#replicas);
    return this.#set(at, this.#hpa.sync(at, this.#replicas, proposal));
  }

  #set(at: number, replicas: number): number {
    if (replicas !== this.#replicas) this.changes.push({ at, replicas });
    this.#replicas = replicas;
    return replicas;
  }
}
