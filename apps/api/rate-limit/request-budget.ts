export interface Budget {
  /** Requests left in this window, not below zero. */
  readonly remaining: number;
  /** Until the next window begins. */
  readonly resetSeconds: number;
  readonly isSpent: boolean;
}

/** One key at a time is asked about more often than the clock moves on, so keys of old windows go in one sweep. */
export class RequestBudget {
  #window = -1;
  readonly #used = new Map<string, number>();

  constructor(
    private readonly requests: number,
    private readonly windowMs: number,
    private readonly now: () => number = Date.now,
  ) {}

  /** Counts one request of the key in the window of now. */
  take(key: string): Budget {
    const at = this.now();
    const window = Math.floor(at / this.windowMs);
    if (window !== this.#window) {
      this.#window = window;
      this.#used.clear();
    }
    const used = (this.#used.get(key) ?? 0) + 1;
    this.#used.set(key, used);
    return {
      remaining: Math.max(0, this.requests - used),
      resetSeconds: Math.ceil(((window + 1) * this.windowMs - at) / 1_000),
      isSpent: used > this.requests,
    };
  }
}
