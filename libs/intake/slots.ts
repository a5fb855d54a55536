import { AppError } from '#contracts';

/** At most so many at once. */
export class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  /** Waits for a slot; call what it answers to give it back. */
  async enter(): Promise<() => void> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return this.#leaveOnce();
  }

  /** A slot, or undefined when none is free. */
  tryEnter(): (() => void) | undefined {
    if (this.#free === 0) return undefined;
    this.#free -= 1;
    return this.#leaveOnce();
  }

  /** A slot at once. Errors: `server.busy`. */
  enterNow(): () => void {
    const leave = this.tryEnter();
    if (leave !== undefined) return leave;
    throw new AppError('server.busy', 'Too many of these are running; try again in a moment.', {
      retryable: true,
    });
  }

  #leaveOnce(): () => void {
    let left = false;
    return () => {
      if (left) return;
      left = true;
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    };
  }
}
