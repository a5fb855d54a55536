/** A reading of the trigger; undefined when it could not be had. */
export type Reading = number | undefined;

export interface ScaledObjectOptions {
  readonly minReplicas: number;
  /** Above it the trigger is active. */
  readonly activationValue: number;
  /** What one replica shall have of the value. */
  readonly targetValue: number;
  /** How long it must have been inactive before the pool goes to zero. */
  readonly cooldownSeconds: number;
  /** What the HPA is told when the trigger has failed more often than this in a row; null to tell it nothing. */
  readonly fallback: { readonly failureThreshold: number; readonly replicas: number } | null;
}

/**
 * KEDA's half of the work: the steps from and to zero, and the metric that the HPA gets. Everything between one and
 * the maximum is the HPA's. The fallback is that of `behavior: currentReplicasIfHigher`.
 */
export class ScaledObject {
  #lastActiveAt: number | undefined;
  #failures = 0;

  constructor(private readonly options: ScaledObjectOptions) {}

  /** One poll: the replicas to have from now on. */
  poll(at: number, current: number, reading: Reading): number {
    const { minReplicas, activationValue } = this.options;
    // Without a reading nobody knows whether there is work: neither up from zero nor down to it.
    if (reading === undefined) return current;
    if (reading > activationValue) {
      this.#lastActiveAt = at;
      return current === 0 ? Math.max(1, minReplicas) : current;
    }
    if (current === 0 || minReplicas > 0) return Math.max(current, minReplicas);
    return this.#isCool(at) ? 0 : current;
  }

  /** What the HPA is given when it asks; undefined when the trigger failed and no fallback is due. */
  metric(current: number, reading: Reading): number | undefined {
    if (reading !== undefined) {
      this.#failures = 0;
      return reading;
    }
    this.#failures += 1;
    const { fallback, targetValue } = this.options;
    if (fallback === null || this.#failures <= fallback.failureThreshold) return undefined;
    return Math.max(fallback.replicas, current) * targetValue;
  }

  #isCool(at: number): boolean {
    const { cooldownSeconds } = this.options;
    return this.#lastActiveAt === undefined || at - this.#lastActiveAt > cooldownSeconds;
  }
}
