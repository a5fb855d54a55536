import { AppError, publicId, uploadPartKey } from '#contracts';
import {
  claimUpload,
  endUpload,
  renewUploads,
  reopenUpload,
  yieldUpload,
  type ClaimedUpload,
  type UploadLease,
} from '#database';
import { LeaseKeeper, type KeptLease, type LeaseTiming } from '#lease';
import { inSpan, type Logger } from '#telemetry';
import { DamagedPartError } from './read-parts.js';
import { takeUpload, type TakeParts } from './take-upload.js';

export interface AssemblerParts extends TakeParts {
  readonly timing: LeaseTiming;
  readonly log: Logger;
}

/** At once: each holds one file being read, and eight on their way into the store. */
const ASSEMBLING = 2;
/** Until an upload is tried again after trouble that passes by itself. */
const PAUSE_MS = 10_000;
/** An upload that ends its process so often is the cause of it. */
const MAX_LOSSES = 3;

/**
 * Makes images of uploads that are complete. Any number may run: each upload is one's at a time, and those of an
 * assembler that died are there again when its lease ends.
 */
export class Assembler {
  readonly #parts: AssemblerParts;
  readonly #keeper: LeaseKeeper<UploadLease>;
  readonly #stop = new AbortController();
  readonly #running = new Set<Promise<void>>();

  constructor(parts: AssemblerParts) {
    this.#parts = parts;
    const { database, timing, log } = parts;
    this.#keeper = new LeaseKeeper(
      async (leases) => {
        const kept = await renewUploads(database, leases, timing.leaseMs);
        return kept.map((isHeld) => (isHeld ? { cancelling: false } : undefined));
      },
      timing,
      (error) => log.warn({ error }, 'leases of uploads not renewed'),
    );
    this.#keeper.start();
  }

  /** Begins what there is room for, and waits for none of it. Output: whether there was anything. */
  async step(): Promise<boolean> {
    let began = false;
    while (this.#running.size < ASSEMBLING && !this.#stop.signal.aborted) {
      const upload = await claimUpload(this.#parts.database, this.#parts.timing.leaseMs);
      if (upload === undefined) return began;
      began = true;
      this.#begin(upload);
    }
    return began;
  }

  /** Resolves when nothing runs any more. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  /** Gives back what runs, for another one to begin again. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.idle();
    this.#keeper.stop();
  }

  #begin(upload: ClaimedUpload): void {
    const lease = this.#keeper.hold(upload);
    const attributes = { 'pallet.upload': publicId('upload', upload.id) };
    const options = { parent: upload.traceParent, kind: 'consumer', attributes } as const;
    const running = inSpan('assemble', options, () => this.#assemble(upload, lease))
      // The lease ends by itself, so there is nothing to mend but the silence.
      .catch((error: unknown) =>
        this.#parts.log.warn({ error, upload: publicId('upload', upload.id) }, 'upload not ended'),
      )
      .finally(() => {
        lease.drop();
        this.#running.delete(running);
      });
    this.#running.add(running);
  }

  async #assemble(upload: ClaimedUpload, lease: KeptLease): Promise<void> {
    const { database, store } = this.#parts;
    const signal = AbortSignal.any([lease.lost, this.#stop.signal]);
    try {
      if (upload.losses >= MAX_LOSSES) throw crashed();
      const counts = await takeUpload(this.#parts, upload, signal);
      await endUpload(database, upload, { counts });
    } catch (error) {
      if (lease.lost.aborted) return;
      if (this.#stop.signal.aborted) {
        await yieldUpload(database, upload, { afterMs: 0, stumbled: false });
      } else if (error instanceof DamagedPartError) {
        await store.remove(uploadPartKey(upload.tenantId, upload.id, error.n));
        await reopenUpload(database, upload, problemOf(error));
      } else await this.#giveUp(upload, error);
    }
  }

  async #giveUp(upload: ClaimedUpload, error: unknown): Promise<void> {
    const { database, log } = this.#parts;
    if (error instanceof AppError && !error.retryable) {
      await endUpload(database, upload, { error: problemOf(error) });
      return;
    }
    log.warn({ error, upload: publicId('upload', upload.id) }, 'upload not assembled, tried again');
    const stumbled = !(error instanceof AppError);
    await yieldUpload(database, upload, { afterMs: PAUSE_MS, stumbled });
  }
}

const problemOf = ({ code, message }: AppError): { code: string; detail: string } => ({
  code,
  detail: message,
});

const crashed = (): AppError =>
  new AppError(
    'upload.crashed',
    `The process that read this upload has ended ${MAX_LOSSES} times. Send its files one by one; the log of the dispatcher says more.`,
  );
