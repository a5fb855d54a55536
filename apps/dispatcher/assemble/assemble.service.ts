import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { DISPATCHER_PARTS, type DispatcherParts } from '../dispatcher-parts.js';
import { Loop } from '../loop.js';
import { Assembler } from './assembler.js';

/** After a step that found something more is likely to wait. */
const BUSY_PAUSE_MS = 50;

/** Uploads in parts become images here: that may take longer than a request. */
@Injectable()
export class AssembleService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #assembler: Assembler;
  #loop: Loop | undefined;

  constructor(@Inject(DISPATCHER_PARTS) private readonly parts: DispatcherParts) {
    const { config, database, store, log } = parts;
    const { leaseMs, heartbeatMs, limits, quota } = config;
    const timing = { leaseMs, heartbeatMs };
    this.#assembler = new Assembler({ database, store, log, limits, quota, timing });
  }

  onApplicationBootstrap(): void {
    this.#loop = new Loop(
      () => this.#assembler.step(),
      { pauseMs: this.parts.config.assembleMs, busyPauseMs: BUSY_PAUSE_MS },
      (error) => this.parts.log.warn({ error }, 'uploads not looked for'),
    );
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.#loop?.stop();
    await this.#assembler.stop();
  }
}
