import { AppError, publicId } from '#contracts';
import {
  claimExport,
  endExport,
  findExportUpload,
  postponeExport,
  renewExport,
  setExportUpload,
  type HeldExport,
} from '#database';
import { bucketObject } from '#intake';
import { LeaseKeeper, LeaseLostError, type KeptLease } from '#lease';
import { inSpan } from '#telemetry';
import type { ExportParts } from './export-parts.js';
import { openExportBucket } from './open-export-bucket.js';
import { runExport, type ExportRun } from './run-export.js';

const MOST_FAILURES = 8;
const TAKE_BACK_MS = 30_000;

/**
 * Writes exports into customers' buckets. Any number may run: each export is one's at a time, and one whose holder
 * died is due again when its lease ends, with the parts that its bucket has.
 */
export class Exporter {
  readonly #stop = new AbortController();
  readonly #keeper: LeaseKeeper<Pick<ExportRun, 'held' | 'progress'>>;

  constructor(private readonly parts: ExportParts) {
    const { limits, database, log } = parts;
    const { leaseMs } = limits;
    this.#keeper = new LeaseKeeper(
      (leases) =>
        Promise.all(
          leases.map(({ held, progress }) => renewExport(database, held, { leaseMs, ...progress })),
        ),
      limits,
      (error) => log.warn({ error }, 'leases of exports not renewed'),
    );
    this.#keeper.start();
  }

  /** Works on one to its end. Output: whether there was any. */
  async step(): Promise<boolean> {
    const { database, limits } = this.parts;
    if (this.#stop.signal.aborted) return false;
    const held = await claimExport(database, limits.leaseMs);
    if (held === undefined) return false;
    const attributes = { 'pallet.export': publicId('export', held.id) };
    const options = { parent: held.traceParent, kind: 'consumer', attributes } as const;
    await inSpan('export', options, () => this.#workOn(held));
    return true;
  }

  async #workOn(held: HeldExport): Promise<void> {
    const progress = { itemsRead: 0 };
    const lease = this.#keeper.hold({ held, progress });
    const signal = AbortSignal.any([lease.lost, lease.cancelled, this.#stop.signal]);
    try {
      if (held.state === 'cancelling') await this.#cancel(held);
      else await runExport(this.parts, { held, progress, signal });
    } catch (error) {
      await this.#settle(held, lease, error);
    } finally {
      lease.drop();
    }
  }

  /** Cuts off what is being written; it is due at once. The steps that run end soon. */
  stop(): void {
    this.#stop.abort();
  }

  /** After the last step has ended. */
  close(): void {
    this.#keeper.stop();
  }

  async #settle(held: HeldExport, lease: KeptLease, error: unknown): Promise<void> {
    const { database, log } = this.parts;
    if (lease.lost.aborted) return;
    if (this.#stop.signal.aborted || error instanceof LeaseLostError) {
      // Of a lease that is lost this changes nothing; one that was cancelled in its last moment is due at once.
      await postponeExport(database, held, { afterMs: 0, isFailure: false });
      return;
    }
    if (lease.cancelled.aborted) return this.#cancel(held);
    log.warn({ error, exportId: held.id }, 'export not written');
    if (error instanceof AppError && error.code === 'bucket.upload_gone') {
      await database.transaction((tx) => setExportUpload(tx, held, null));
    }
    const last = await this.#postpone(held, error);
    if (last !== undefined) await this.#fail(last, error);
  }

  /** Output: the export when it is to be tried no more; else it waits, or is another's. */
  async #postpone(held: HeldExport, error: unknown): Promise<HeldExport | undefined> {
    if (error instanceof AppError && !error.retryable) return held;
    const pause = { afterMs: this.parts.limits.retryMs, isFailure: true };
    const now = await postponeExport(this.parts.database, held, pause);
    if (now === undefined || now.failures < MOST_FAILURES) return undefined;
    return { ...held, fence: now.fence };
  }

  async #fail(held: HeldExport, error: unknown): Promise<void> {
    const code = error instanceof AppError ? error.code : 'export.failed';
    const detail = error instanceof AppError ? error.message : 'The export could not be written.';
    const isClean = await this.#takeBack(held).then(
      () => true,
      () => false,
    );
    const left = isClean ? '' : ' An unfinished upload of it may be left in the bucket.';
    const end = { state: 'failed' as const, error: { code, detail: `${detail}${left}` } };
    await endExport(this.parts.database, held, end);
  }

  /** What cannot be taken back now is tried again, some times. */
  async #cancel(held: HeldExport): Promise<void> {
    const { database, log } = this.parts;
    let ending: HeldExport | undefined = held;
    try {
      await this.#takeBack(held);
    } catch (error) {
      log.warn({ error, exportId: held.id }, 'upload of a cancelled export not taken back');
      ending = await this.#postpone(held, error);
    }
    if (ending !== undefined) await endExport(database, ending, { state: 'cancelled' });
  }

  async #takeBack(held: HeldExport): Promise<void> {
    const uploadId = await findExportUpload(this.parts.database, held);
    if (uploadId === undefined) return;
    const bucket = openExportBucket(this.parts, held);
    try {
      const { key } = bucketObject(held.object);
      await bucket.dropUpload({ key, uploadId }, AbortSignal.timeout(TAKE_BACK_MS));
    } finally {
      bucket.close();
    }
  }
}
