import {
  commitFineTuningProgress,
  type Database,
  type HeldFineTuning,
  type NewFineTuningEvent,
} from '#database';
import { LeaseLostError, MicroBatches, persist } from '#lease';

/** Commits events of a training for as long as the lease is held. */
export class EventBuffer {
  readonly #batches: MicroBatches<NewFineTuningEvent>;
  #steps: number | undefined;

  constructor(
    database: Database,
    held: HeldFineTuning,
    lost: AbortSignal,
    onFailure: (error: unknown) => void,
  ) {
    this.#batches = new MicroBatches(async (events) => {
      const progress = { events, steps: this.#steps };
      const isHeld = await persist(lost, () => commitFineTuningProgress(database, held, progress));
      if (!isHeld) throw new LeaseLostError();
    }, onFailure);
  }

  /** `steps`: how many there will be in all, once that is known. */
  add(event: NewFineTuningEvent, steps?: number): void {
    this.#steps = steps ?? this.#steps;
    this.#batches.add(event);
  }

  /** Resolves when all that was added before is committed. Errors: `LeaseLostError`. */
  flush(): Promise<void> {
    return this.#batches.flush();
  }
}
