import {
  commitFineTuningProgress,
  type Database,
  type HeldFineTuning,
  type NewFineTuningEvent,
} from '#database';
import { LeaseLostError, persist } from './persist.js';

const MOST_EVENTS = 256;
const LONGEST_WAIT_MS = 1_000;

/** Commits events in micro-batches, one at a time and in their order, for as long as the lease is held. */
export class EventBuffer {
  #events: NewFineTuningEvent[] = [];
  #steps: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> = Promise.resolve();

  constructor(
    private readonly database: Database,
    private readonly held: HeldFineTuning,
    private readonly lost: AbortSignal,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  /** `steps`: how many there will be in all, once that is known. */
  add(event: NewFineTuningEvent, steps?: number): void {
    this.#events.push(event);
    this.#steps = steps ?? this.#steps;
    if (this.#events.length >= MOST_EVENTS) this.flush().catch(this.onFailure);
    else this.#timer ??= setTimeout(() => this.flush().catch(this.onFailure), LONGEST_WAIT_MS);
  }

  /** Resolves when all that was added before is committed. Errors: `LeaseLostError`. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const flushed = this.#flushing.then(() => this.#commit());
    this.#flushing = flushed.catch(() => undefined);
    return flushed;
  }

  async #commit(): Promise<void> {
    const events = this.#events;
    if (events.length === 0) return;
    this.#events = [];
    const progress = { events, steps: this.#steps };
    const isHeld = await persist(this.lost, () =>
      commitFineTuningProgress(this.database, this.held, progress),
    );
    if (!isHeld) throw new LeaseLostError();
  }
}
