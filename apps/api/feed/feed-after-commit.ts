import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { feedStore } from '#database';
import { feedStep, type Lane } from '#pipeline';
import { API_PARTS, type ApiParts } from '../parts.js';

const PATIENCE_MS = 2_000;

/**
 * Brings work to the queue as soon as its transaction has committed. Only a short cut: the dispatcher
 * runs the same step in its loop, so a queue that is away delays work and fails no request.
 */
@Injectable()
export class FeedAfterCommit implements BeforeApplicationShutdown {
  /** Steps under way; a request that comes while one runs asks for one more after it. */
  readonly #running = new Map<string, { again: boolean; done: Promise<void> }>();

  constructor(@Inject(API_PARTS) private readonly parts: ApiParts) {}

  /** Never throws and is not waited for. */
  step(model: string, lane: Lane): void {
    const key = `${lane} ${model}`;
    const running = this.#running.get(key);
    if (running !== undefined) {
      running.again = true;
      return;
    }
    const state = { again: false, done: Promise.resolve() };
    this.#running.set(key, state);
    state.done = this.#run(model, lane, state, key);
  }

  async beforeApplicationShutdown(): Promise<void> {
    const steps = [...this.#running.values()].map(({ done }) => done);
    await Promise.race([Promise.all(steps), sleep(PATIENCE_MS, undefined, { ref: false })]);
  }

  async #run(model: string, lane: Lane, state: { again: boolean }, key: string): Promise<void> {
    try {
      do {
        state.again = false;
        await this.#feed(model, lane);
      } while (state.again);
    } finally {
      // At once: whoever comes after the last look at `again` must find nothing running, or is not fed.
      this.#running.delete(key);
    }
  }

  async #feed(model: string, lane: Lane): Promise<void> {
    const { database, queue, log } = this.parts;
    const step = feedStep(feedStore(database), queue.queue(model, lane), model, lane);
    const stuck = sleep(PATIENCE_MS, 'stuck' as const, { ref: false });
    try {
      // A stuck step must not hold back those of later jobs; it is left to end by itself.
      const fed = await Promise.race([step, stuck]);
      if (fed === 'stuck') log.warn({ model, lane }, 'the feed step takes long');
    } catch (error) {
      log.warn({ error, model, lane }, 'could not feed the queue; the dispatcher will');
    }
    step.catch(() => undefined);
  }
}
