import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { AppError, publicId } from '#contracts';
import {
  advanceBatches,
  claimBatch,
  failBatch,
  releaseBatch,
  renewBatch,
  type BatchRecord,
  type ClaimedBatch,
} from '#database';
import { openImageGuard } from '#intake';
import { inSpan, type SpanOptions } from '#telemetry';
import { DISPATCHER_PARTS, type DispatcherParts } from '../dispatcher-parts.js';
import { Loop } from '../loop.js';
import { validateBatch } from './validate-batch.js';
import { writeOutput } from './write-output.js';

/** Batches in work at once in one dispatcher. */
const WORKERS = 2;
const LOOK_MS = 500;
const LEASE_MS = 30_000;
const RENEW_MS = 8_000;
/** After trouble that passes by itself. */
const RETRY_MS = 5_000;

/** Validates batches and writes their files, each under a lease; moves them on in between. */
@Injectable()
export class BatchService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #stopping = new AbortController();
  #loops: Loop[] = [];

  constructor(@Inject(DISPATCHER_PARTS) private readonly parts: DispatcherParts) {}

  onApplicationBootstrap(): void {
    const loop = (what: string, busyPauseMs: number, step: () => Promise<unknown>): Loop =>
      new Loop(step, { pauseMs: LOOK_MS, busyPauseMs }, (error) =>
        this.parts.log.warn({ error, what }, 'batches'),
      );
    this.#loops = [
      loop('advance', LOOK_MS, () => advanceBatches(this.parts.database)),
      ...Array.from({ length: WORKERS }, () => loop('work', 0, () => this.#workOnOne())),
    ];
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#stopping.abort(new Error('The dispatcher stops.'));
    await Promise.all(this.#loops.map((loop) => loop.stop()));
  }

  /** Answers whether there was one. */
  async #workOnOne(): Promise<boolean> {
    const batch = await claimBatch(this.parts.database, LEASE_MS);
    if (batch === undefined) return false;
    const lost = new AbortController();
    const renewal = setInterval(() => void this.#renew(batch, lost), RENEW_MS);
    try {
      const signal = AbortSignal.any([lost.signal, this.#stopping.signal]);
      await inSpan('batch', spanOf(batch), () => this.#workOn(batch, signal));
    } catch (error) {
      await this.#giveBack(batch, error);
    } finally {
      clearInterval(renewal);
    }
    return true;
  }

  async #workOn(batch: BatchRecord, signal: AbortSignal): Promise<void> {
    const { config, database, store, log } = this.parts;
    const { id, state } = batch;
    if (state === 'finalizing') await writeOutput({ database, store, signal }, batch);
    else {
      const guard = openImageGuard(config.outgoingAllow);
      const { imageBytes, imagesPerSet } = config.limits;
      const { quota } = config;
      const tools = { database, store, guard, imageBytes, imagesPerSet, quota, signal };
      await validateBatch(tools, batch);
    }
    log.info({ batch: id, was: state }, 'batch moved on');
  }

  /** What passes by itself is tried again; anything else would end the same, and fails the batch. */
  async #giveBack(batch: BatchRecord, error: unknown): Promise<void> {
    const { database, log } = this.parts;
    if (this.#stopping.signal.aborted) return releaseBatch(database, batch, 0);
    log.warn({ error, batch: batch.id }, 'work on a batch failed');
    const isFinal = error instanceof AppError && !error.retryable && batch.state === 'validating';
    if (isFinal) await database.transaction((tx) => failBatch(tx, batch, error));
    else await releaseBatch(database, batch, RETRY_MS);
  }

  async #renew(batch: BatchRecord, lost: AbortController): Promise<void> {
    try {
      if (!(await renewBatch(this.parts.database, batch, LEASE_MS))) lost.abort();
    } catch (error) {
      this.parts.log.warn({ error, batch: batch.id }, 'could not renew the lease of a batch');
    }
  }
}

/** The job that it makes is below it, and so is all that comes of that. */
const spanOf = ({ traceParent, id, state }: ClaimedBatch): SpanOptions => ({
  parent: traceParent,
  kind: 'consumer',
  attributes: { 'pallet.batch': publicId('batch', id), 'pallet.batch.state': state },
});
