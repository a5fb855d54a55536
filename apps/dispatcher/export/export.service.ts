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
import { Exporter } from './exporter.js';

/** Exports in work at once in one dispatcher; each packs on a core and holds two parts in memory. */
const WORKERS = 2;
const LOOK_MS = 500;
const TIMEOUT_MS = 120_000;
const RETRY_MS = 5_000;

/** Writes exports into customers' buckets. */
@Injectable()
export class ExportService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #exporter: Exporter;
  #loops: Loop[] = [];

  constructor(@Inject(DISPATCHER_PARTS) private readonly parts: DispatcherParts) {
    const { config, database, store, log } = parts;
    const { leaseMs, heartbeatMs } = config;
    const { imageBytes } = config.limits;
    this.#exporter = new Exporter({
      database,
      store,
      guard: openImageGuard(config.outgoingAllow),
      secrets: new SecretBox(config.secretsKey),
      limits: { leaseMs, heartbeatMs, imageBytes, timeoutMs: TIMEOUT_MS, retryMs: RETRY_MS },
      log,
    });
  }

  onApplicationBootstrap(): void {
    this.#loops = Array.from({ length: WORKERS }, () => this.#loop());
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#exporter.stop();
    await Promise.all(this.#loops.map((loop) => loop.stop()));
    this.#exporter.close();
  }

  #loop(): Loop {
    const timing = { pauseMs: LOOK_MS, busyPauseMs: 0 };
    return new Loop(
      () => this.#exporter.step(),
      timing,
      (error) => this.parts.log.warn({ error }, 'exports not looked for'),
    );
  }
}
