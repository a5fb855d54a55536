import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { openImageGuard } from '#intake';
import { DISPATCHER_PARTS, type DispatcherParts } from '../dispatcher-parts.js';
import { Loop } from '../loop.js';
import { Importer } from './importer.js';

/** After a step that found something more is likely to be due. */
const BUSY_PAUSE_MS = 20;

/** Brings the images that manifests name. */
@Injectable()
export class ImportService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #importer: Importer;
  #loop: Loop | undefined;

  constructor(@Inject(DISPATCHER_PARTS) private readonly parts: DispatcherParts) {
    const { config, database, store, log } = parts;
    const guard = openImageGuard(config.outgoingAllow);
    this.#importer = new Importer({ database, store, guard, log, limits: config.imports });
  }

  onApplicationBootstrap(): void {
    this.#loop = new Loop(
      () => this.#importer.step(),
      { pauseMs: this.parts.config.importMs, busyPauseMs: BUSY_PAUSE_MS },
      (error) => this.parts.log.warn({ error }, 'imports not looked for'),
    );
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.#loop?.stop();
    await this.#importer.stop();
  }
}
