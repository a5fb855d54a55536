import {
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type BeforeApplicationShutdown,
} from '@nestjs/common';
import {
  cancelWaitingShards,
  endImport,
  expireJobs,
  forgetDeadTrainers,
  forgetDeadWorkers,
  forgetCustomIdsOfOld,
  forgetIdempotencyKeys,
  forgetOldAnswers,
  forgetOldSamples,
  forgetPreviews,
  forgetRemovedBlobs,
  forgetUploads,
  forgetWebhooks,
  listAbandonedImports,
  listCancelling,
  listModelNames,
  listUnsettled,
  reconcileDispatched,
  settleShards,
  sweepExpiredLeases,
  sweepFineTunings,
} from '#database';
import { LANES } from '#pipeline';
import { SecretBox } from '#secrets';
import { Loop } from '../loop.js';
import { DISPATCHER_PARTS, type DispatcherParts } from '../dispatcher-parts.js';
import { removeDeletedFiles } from './remove-deleted-files.js';
import { sealSecrets } from './seal-secrets.js';
import { sweepDeleted } from './sweep-deleted.js';
import { sweepUploads } from './sweep-uploads.js';

/**
 * Heals. Each kind of damage has a loop of its own, so that an outage of Redis stops only the step that
 * asks Redis.
 */
@Injectable()
export class SweepService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  #loops: Loop[] = [];

  constructor(@Inject(DISPATCHER_PARTS) private readonly parts: DispatcherParts) {}

  onApplicationBootstrap(): void {
    const { sweepMs, secretsKey } = this.parts.config;
    const secrets = new SecretBox(secretsKey);
    this.#loops = [
      this.#loop('expired leases', sweepMs, () => this.#sweepLeases()),
      this.#loop('lost tickets', sweepMs, () => this.#reconcile()),
      this.#loop('cancelled jobs', sweepMs / 4, () => this.#cancel()),
      this.#loop('deadlines', sweepMs / 4, () => this.#expire()),
      this.#loop('paused jobs', sweepMs / 4, () => this.#settle()),
      this.#loop('deleted sets', sweepMs, () => this.#sweepDeleted()),
      this.#loop('parts of uploads', 10_000, () => this.#sweepUploads()),
      this.#loop('deleted files', 10_000, () => removeDeletedFiles(this.parts)),
      this.#loop('old rows', 60_000, () => this.#forget()),
      this.#loop('secrets', 60_000, () =>
        sealSecrets(this.parts.database, secrets, this.parts.log),
      ),
    ];
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.#loops.map((loop) => loop.stop()));
  }

  #loop(what: string, pauseMs: number, step: () => Promise<void>): Loop {
    return new Loop(step, { pauseMs }, (error) => {
      this.parts.metrics.loopFailed(what);
      this.parts.log.warn({ error, what }, 'sweep failed');
    });
  }

  async #sweepLeases(): Promise<void> {
    await sweepFineTunings(this.parts.database);
    const lost = await sweepExpiredLeases(this.parts.database);
    if (lost === 0) return;
    this.parts.metrics.lostLeases(lost);
    this.parts.log.warn({ lost }, 'leases expired, their shards run again');
  }

  async #reconcile(): Promise<void> {
    const { database, queue, config, log, metrics } = this.parts;
    for (const model of await listModelNames(database)) {
      for (const lane of LANES) {
        const held = await queue.queue(model, lane).held();
        const readied = await reconcileDispatched(
          database,
          model,
          lane,
          config.reconcileAgeMs,
          held,
        );
        if (readied === 0) continue;
        metrics.lostTickets(model, lane, readied);
        log.warn({ model, lane, readied }, 'the queue had lost shards');
      }
    }
  }

  async #forget(): Promise<void> {
    await forgetDeadWorkers(this.parts.database);
    await forgetDeadTrainers(this.parts.database);
    await forgetOldSamples(this.parts.database);
    await forgetIdempotencyKeys(this.parts.database);
    await forgetUploads(this.parts.database);
    await forgetRemovedBlobs(this.parts.database);
    await forgetWebhooks(this.parts.database);
    await forgetPreviews(this.parts.database);
    await this.#endAbandoned();
    while (await forgetOldAnswers(this.parts.database, this.parts.config.answerCacheDays)) {
      // Bounded steps; the next one goes on where this one ended.
    }
  }

  async #sweepDeleted(): Promise<void> {
    await sweepDeleted(this.parts.database, this.parts.store);
  }

  async #sweepUploads(): Promise<void> {
    await sweepUploads(this.parts.database, this.parts.store);
  }

  /** Manifests whose receiver died before they had all come. */
  async #endAbandoned(): Promise<void> {
    const detail =
      'Nobody receives the manifest any more. Send it again; what is there is a duplicate.';
    const error = { code: 'manifest.cut', detail };
    for (const id of await listAbandonedImports(this.parts.database)) {
      await endImport(this.parts.database, id, { state: 'failed', error });
    }
    await forgetCustomIdsOfOld(this.parts.database);
  }

  async #cancel(): Promise<void> {
    for (const jobId of await listCancelling(this.parts.database)) {
      while (!(await cancelWaitingShards(this.parts.database, jobId))) {
        // Bounded steps; the next one goes on where this one ended.
      }
    }
  }

  async #expire(): Promise<void> {
    const expired = await expireJobs(this.parts.database);
    if (expired > 0) this.parts.log.info({ expired }, 'jobs stopped at their deadline');
  }

  async #settle(): Promise<void> {
    for (const job of await listUnsettled(this.parts.database)) {
      await settleShards(this.parts.database, job);
    }
  }
}
