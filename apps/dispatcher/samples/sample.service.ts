import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { isSampled, saveSamples } from '#database';
import { DISPATCHER_PARTS, type DispatcherParts } from '../dispatcher-parts.js';
import { Loop } from '../loop.js';
import { readPools, type PoolFigures } from '../metrics/read-pools.js';

/** Well within the finest bucket of 10 s, so that none is passed over. */
const LOOK_MS = 2_000;

/** Keeps the figures of the pools for charts. Of any number of dispatchers one reads and writes each time. */
@Injectable()
export class SampleService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  #loop: Loop | undefined;

  constructor(@Inject(DISPATCHER_PARTS) private readonly parts: DispatcherParts) {}

  onApplicationBootstrap(): void {
    this.#loop = new Loop(
      () => this.#sample(),
      { pauseMs: LOOK_MS },
      (error) => {
        this.parts.metrics.loopFailed('samples');
        this.parts.log.warn({ error }, 'cannot keep samples');
      },
    );
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.#loop?.stop();
  }

  async #sample(): Promise<void> {
    const { database } = this.parts;
    if (await isSampled(database)) return;
    const { pools, hasDatabase } = await readPools(this.parts);
    if (hasDatabase && pools.length > 0) {
      await saveSamples(
        database,
        pools.map((pool) => ({ ...pool, queuedShards: queuedOf(pool) })),
      );
    }
  }
}

function queuedOf({ depths }: PoolFigures): number | null {
  const lanes = Object.values(depths);
  return lanes.length === 0 ? null : lanes.reduce((sum, shards) => sum + shards, 0);
}
