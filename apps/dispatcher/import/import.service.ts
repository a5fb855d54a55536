import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { openImageGuard } from '#intake';
import { SecretBox } from '#secrets';
import { DISPATCHER_PARTS, type DispatcherParts } from '../dispatcher-parts.js';
import { Loop } from '../loop.js';
import { BucketLister } from './bucket-lister.js';
import { Importer } from './importer.js';

/** After a step that found something more is likely to be due. */
const BUSY_PAUSE_MS = 20;

/** Brings the images that manifests and buckets name. */
@Injectable()
export class ImportService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #importer: Importer;
  readonly #lister: BucketLister;
  #loops: Loop[] = [];

  constructor(@Inject(DISPATCHER_PARTS) private readonly parts: DispatcherParts) {
    const { config, database, store, log } = parts;
    const guard = openImageGuard(config.outgoingAllow);
    const secrets = new SecretBox(config.secretsKey);
    const limits = config.imports;
    const { quota } = config;
    const importParts = { database, store, guard, log, secrets, limits, quota };
    this.#importer = new Importer(importParts);
    this.#lister = new BucketLister(importParts);
  }

  onApplicationBootstrap(): void {
    this.#loops = [this.#loop(() => this.#importer.step()), this.#loop(() => this.#lister.step())];
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#lister.stop();
    await Promise.all(this.#loops.map((loop) => loop.stop()));
    await this.#importer.stop();
  }

  #loop(step: () => Promise<boolean>): Loop {
    const timing = { pauseMs: this.parts.config.importMs, busyPauseMs: BUSY_PAUSE_MS };
    return new Loop(step, timing, (error) =>
      this.parts.log.warn({ error }, 'imports not looked for'),
    );
  }
}
