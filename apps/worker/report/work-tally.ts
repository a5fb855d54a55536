import type { EndedItem, WorkDone } from '#database';
import { latencyStep } from '#pipeline';

const NOTHING: WorkDone = { succeeded: 0, failed: 0, tokens: 0, latency: {} };

/** Counts what was committed until somebody takes the count. */
export class WorkTally {
  #done = NOTHING;

  committed(items: readonly EndedItem[]): void {
    let { succeeded, failed, tokens } = this.#done;
    const latency = { ...this.#done.latency };
    for (const { state, answers = [], timings } of items) {
      if (state === 'succeeded') succeeded += 1;
      else failed += 1;
      if (state === 'succeeded' && timings !== undefined) addTo(latency, latencyStep(timings), 1);
      // Known answers were written at another time.
      for (const answer of answers) tokens += answer.cached ? 0 : answer.tokens;
    }
    this.#done = { succeeded, failed, tokens, latency };
  }

  take(): WorkDone {
    const done = this.#done;
    this.#done = NOTHING;
    return done;
  }

  /** What was taken and could not be told: it is in the next count. */
  putBack(done: WorkDone): void {
    const latency = { ...this.#done.latency };
    for (const [step, images] of Object.entries(done.latency)) addTo(latency, step, images);
    this.#done = {
      succeeded: this.#done.succeeded + done.succeeded,
      failed: this.#done.failed + done.failed,
      tokens: this.#done.tokens + done.tokens,
      latency,
    };
  }
}

function addTo(counts: Record<string, number>, step: number | string, images: number): void {
  counts[step] = (counts[step] ?? 0) + images;
}
