import {
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type BeforeApplicationShutdown,
} from '@nestjs/common';
import { feedStore, listModelNames } from '#database';
import { feedStep, LANES } from '#pipeline';
import { Loop } from '../loop.js';
import { DISPATCHER_PARTS, type DispatcherParts } from '../dispatcher-parts.js';

/**
 * The buffer is a few shards, and a fast model with small shards empties it many times in the pause that
 * is right for an idle system: after a step that found room the next ones follow quickly for a while.
 */
const BUSY_PAUSE_MS = 20;
const BUSY_FOR_MS = 500;

/** Keeps the queue of every model filled. The api runs the same step after each job it commits. */
@Injectable()
export class FeedService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  #loop: Loop | undefined;
  #fedAt = -Infinity;

  constructor(@Inject(DISPATCHER_PARTS) private readonly parts: DispatcherParts) {}

  onApplicationBootstrap(): void {
    this.#loop = new Loop(
      () => this.#feedAll(),
      { pauseMs: this.parts.config.feedMs, busyPauseMs: BUSY_PAUSE_MS },
      (error) => {
        this.parts.metrics.loopFailed('feed');
        this.parts.log.warn({ error }, 'feed step failed');
      },
    );
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.#loop?.stop();
  }

  /** Answers whether anything was added lately. */
  async #feedAll(): Promise<boolean> {
    let total = 0;
    const store = feedStore(this.parts.database);
    for (const model of await listModelNames(this.parts.database)) {
      for (const lane of LANES) {
        const fed = await feedStep(store, this.parts.queue.queue(model, lane), model, lane);
        if (fed > 0) {
          this.parts.metrics.fed(model, lane, fed);
          this.parts.log.debug({ model, lane, fed }, 'fed');
        }
        total += fed;
      }
    }
    if (total > 0) this.#fedAt = performance.now();
    return performance.now() - this.#fedAt < BUSY_FOR_MS;
  }
}
