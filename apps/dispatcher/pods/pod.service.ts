import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { KubernetesConfig } from '#config';
import { listWorkerLoads } from '#database';
import { DISPATCHER_PARTS, type DispatcherParts } from '../dispatcher-parts.js';
import { Loop } from '../loop.js';
import { DeletionCosts } from './deletion-costs.js';
import { annotatePod } from './kubernetes-api.js';

const ANNOTATION = 'controller.kubernetes.io/pod-deletion-cost';
/** As often as workers say what they do. */
const LOOK_MS = 5_000;
/** Nothing waits for it, and what fails once (a right that is missing) mostly fails again. */
const AFTER_FAILURE_MS = 30_000;

/**
 * Tells Kubernetes which workers are busy, so that a pool that shrinks loses idle ones first. A hint: without it a
 * worker that is told to end still gives back what it holds. Each dispatcher does it; a second patch of the same
 * changes nothing.
 */
@Injectable()
export class PodService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #costs = new DeletionCosts();
  #loop: Loop | undefined;
  #notBefore = 0;

  constructor(@Inject(DISPATCHER_PARTS) private readonly parts: DispatcherParts) {}

  onApplicationBootstrap(): void {
    const { kubernetes } = this.parts.config;
    if (kubernetes === undefined) return;
    this.#loop = new Loop(
      () => this.#tell(kubernetes),
      { pauseMs: LOOK_MS },
      (error) => {
        this.#notBefore = performance.now() + AFTER_FAILURE_MS;
        this.parts.metrics.loopFailed('pods');
        this.parts.log.warn({ error }, 'cannot tell Kubernetes which workers are busy');
      },
    );
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.#loop?.stop();
  }

  async #tell(kubernetes: KubernetesConfig): Promise<void> {
    const now = performance.now();
    if (now < this.#notBefore) return;
    const loads = await listWorkerLoads(this.parts.database);
    const pods = loads.map(({ host, isBusy }) => ({ pod: host, isBusy }));
    for (const change of this.#costs.changes(pods, now)) {
      // A worker that runs elsewhere has a host that is no pod: it is told nothing until it changes.
      await annotatePod(kubernetes, change.pod, { [ANNOTATION]: String(change.cost) });
      this.#costs.told(change);
    }
  }
}
