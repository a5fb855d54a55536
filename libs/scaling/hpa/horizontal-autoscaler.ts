import { scaleDownLimit, scaleUpLimit, type ScaleEvent, type ScalingBehavior } from './behavior.js';

export interface HorizontalAutoscalerOptions {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly behavior: ScalingBehavior;
}

/** `--horizontal-pod-autoscaler-sync-period` as it comes, in seconds. */
export const HPA_SYNC_SECONDS = 15;

/**
 * The Kubernetes Horizontal Pod Autoscaler (`autoscaling/v2`), one object of it, without a cluster: what it makes of
 * proposals over time. Times are seconds of any clock that does not go back.
 *
 * Order as in the controller: limits of the object, stabilisation (the largest proposal of the window for shrinking,
 * the smallest for growing), then the policies.
 */
export class HorizontalAutoscaler {
  #proposals: { readonly at: number; readonly replicas: number }[] = [];
  #ups: ScaleEvent[] = [];
  #downs: ScaleEvent[] = [];

  constructor(private readonly options: HorizontalAutoscalerOptions) {}

  /** One sync: the replicas to have from now on. `proposal` is undefined while the metric cannot be read. */
  sync(at: number, current: number, proposal: number | undefined): number {
    const next = this.#decide(at, current, proposal);
    if (next > current) this.#ups.push({ at, change: next - current });
    if (next < current) this.#downs.push({ at, change: current - next });
    this.#forget(at);
    return next;
  }

  #decide(at: number, current: number, proposal: number | undefined): number {
    const { minReplicas, maxReplicas } = this.options;
    // A target of zero replicas is switched off; whoever set it to zero has to set it to one.
    if (current === 0) return 0;
    if (current > maxReplicas) return maxReplicas;
    if (current < minReplicas) return minReplicas;
    if (proposal === undefined) return current;
    return this.#limit(at, current, this.#stabilise(at, current, proposal));
  }

  #stabilise(at: number, current: number, proposal: number): number {
    const { scaleUp, scaleDown } = this.options.behavior;
    this.#proposals.push({ at, replicas: proposal });
    const within = (seconds: number): number[] =>
      this.#proposals.filter((old) => old.at > at - seconds).map((old) => old.replicas);
    const up = Math.min(proposal, ...within(scaleUp.stabilizationWindowSeconds));
    const down = Math.max(proposal, ...within(scaleDown.stabilizationWindowSeconds));
    return Math.min(down, Math.max(up, current));
  }

  #limit(at: number, current: number, desired: number): number {
    const { minReplicas, maxReplicas, behavior } = this.options;
    const history = { ups: this.#ups, downs: this.#downs };
    if (desired > current) {
      const most = scaleUpLimit(current, behavior.scaleUp, history, at);
      return Math.min(desired, most, maxReplicas);
    }
    const fewest = scaleDownLimit(current, behavior.scaleDown, history, at);
    return Math.max(desired, fewest, minReplicas);
  }

  #forget(at: number): void {
    const { scaleUp, scaleDown } = this.options.behavior;
    const windowSeconds = Math.max(
      scaleUp.stabilizationWindowSeconds,
      scaleDown.stabilizationWindowSeconds,
    );
    const periods = [...scaleUp.policies, ...scaleDown.policies].map((p) => p.periodSeconds);
    const periodSeconds = Math.max(0, ...periods);
    this.#proposals = this.#proposals.filter((old) => old.at > at - windowSeconds);
    this.#ups = this.#ups.filter((event) => event.at > at - periodSeconds);
    this.#downs = this.#downs.filter((event) => event.at > at - periodSeconds);
  }
}
