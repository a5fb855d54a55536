import {
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type BeforeApplicationShutdown,
} from '@nestjs/common';
import { feedStore, listModelNames } from '#database';
import { feedStep, type Lane } from '#pipeline';
import { Loop } from '../loop.js';
import { DISPATCHER_PARTS, type DispatcherParts } from '../dispatcher-parts.js';

const LANES: readonly Lane[] = ['interactive', 'bulk'];

/** Keeps the queue of every model filled. The api runs the same step after each job it commits. */
@Injectable()
export class FeedService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  #loop: Loop | undefined;

  constructor(@Inject(DISPATCHER_PARTS) private readonly parts: DispatcherParts) {}

  onApplicationBootstrap(): void {
    this.#loop = new Loop(
      () => this.#feedAll(),
      this.parts.config.feedMs,
      (error) => this.parts.log.warn({ error }, 'feed step failed'),
    );
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.#loop?.stop();
  }

  async #feedAll(): Promise<void> {
    const store = feedStore(this.parts.database);
    for (const model of await listModelNames(this.parts.database)) {
      for (const lane of LANES) {
        const fed = await feedStep(store, this.parts.queue.queue(model, lane), model, lane);
        if (fed > 0) this.parts.log.debug({ model, lane, fed }, 'fed');
      }
    }
  }
}
