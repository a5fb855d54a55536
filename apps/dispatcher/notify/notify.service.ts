import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { OutgoingGuard, parseAllowList } from '#outgoing';
import { SecretBox } from '#secrets';
import { DISPATCHER_PARTS, type DispatcherParts } from '../dispatcher-parts.js';
import { Loop } from '../loop.js';
import { Notifier } from './notifier.js';

/** After a step that found something more is likely to be due. */
const BUSY_PAUSE_MS = 50;

/** Sends webhooks: the only part of Pallet that calls addresses which clients have chosen. */
@Injectable()
export class NotifyService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #notifier: Notifier;
  #loop: Loop | undefined;

  constructor(@Inject(DISPATCHER_PARTS) private readonly parts: DispatcherParts) {
    const { config, database, log, metrics } = parts;
    const guard = new OutgoingGuard({ allow: parseAllowList(config.outgoingAllow) });
    this.#notifier = new Notifier({
      database,
      guard,
      secrets: new SecretBox(config.secretsKey),
      log,
      limits: config.webhooks,
      onAttempt: (outcome) => metrics.webhookAttempt(outcome),
    });
  }

  onApplicationBootstrap(): void {
    this.#loop = new Loop(
      () => this.#notifier.step(),
      { pauseMs: this.parts.config.notifyMs, busyPauseMs: BUSY_PAUSE_MS },
      (error) => {
        this.parts.metrics.loopFailed('notify');
        this.parts.log.warn({ error }, 'webhooks not looked for');
      },
    );
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.#loop?.stop();
    await this.#notifier.stop();
  }
}
