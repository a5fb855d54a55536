import type { EndedItem, WorkDone } from '#database';

const NOTHING: WorkDone = { succeeded: 0, failed: 0, tokens: 0 };

/** Counts what was committed until somebody takes the count. */
export class WorkTally {
  #done = NOTHING;

  committed(items: readonly EndedItem[]): void {
    let { succeeded, failed, tokens } = this.#done;
    for (const { state, answers = [] } of items) {
      if (state === 'succeeded') succeeded += 1;
      else failed += 1;
      // Known answers were written at another time.
      for (const answer of answers) tokens += answer.cached ? 0 : answer.tokens;
    }
    this.#done = { succeeded, failed, tokens };
  }

  take(): WorkDone {
    const done = this.#done;
    this.#done = NOTHING;
    return done;
  }

  /** What was taken and could not be told: it is in the next count. */
  putBack(done: WorkDone): void {
    this.#done = {
      succeeded: this.#done.succeeded + done.succeeded,
      failed: this.#done.failed + done.failed,
      tokens: this.#done.tokens + done.tokens,
    };
  }
}
