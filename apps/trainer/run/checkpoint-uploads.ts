import { rm } from 'node:fs/promises';
import { fineTuningPrefix } from '#contracts';
import { commitFineTuningCheckpoint, type Database, type FineTuningLease } from '#database';
import { LeaseLostError, persist } from '#lease';
import type { ObjectStore } from '#storage';
import { removeStoredFolder, uploadFolder } from './stored-folder.js';

interface Snapshot {
  readonly step: number;
  readonly folder: string;
}

interface Parts {
  readonly database: Database;
  readonly store: ObjectStore;
}

/**
 * Brings checkpoints into the object store, one at a time while the training goes on, and makes each count
 * once all of it is there. One that a newer one overtakes before its turn is left out.
 */
export class CheckpointUploads {
  #next: Snapshot | undefined;
  #newestStep = -1;
  #running: Promise<void> | undefined;

  constructor(
    private readonly parts: Parts,
    private readonly lease: FineTuningLease,
    private readonly lost: AbortSignal,
    private readonly onFailure: (error: unknown) => void,
    /** Before a checkpoint counts, so that the steps before it are told before it. */
    private readonly beforeCommit: () => Promise<void>,
  ) {}

  /** One of the step that was added last is the same state in the same folder, which must not be removed as overtaken. */
  add(snapshot: Snapshot): void {
    if (snapshot.step === this.#newestStep) return;
    this.#newestStep = snapshot.step;
    const overtaken = this.#next;
    if (overtaken !== undefined) void rm(overtaken.folder, { recursive: true, force: true });
    this.#next = snapshot;
    this.#running ??= this.#run();
    this.#running.catch(this.onFailure);
  }

  /** Resolves when the last one that was added counts. Errors: `LeaseLostError`; those of the store. */
  async finish(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    for (let next = this.#take(); next !== undefined; next = this.#take()) {
      await this.#upload(next);
      await rm(next.folder, { recursive: true, force: true });
    }
    this.#running = undefined;
  }

  #take(): Snapshot | undefined {
    const next = this.#next;
    this.#next = undefined;
    return next;
  }

  async #upload({ step, folder }: Snapshot): Promise<void> {
    const { database, store } = this.parts;
    const { tenantId, jobId, fence } = this.lease;
    const storedAt = `${fineTuningPrefix(tenantId, jobId)}/checkpoints/${step}-${fence}`;
    const bytes = await persist(this.lost, () => uploadFolder(store, folder, storedAt, this.lost));
    await this.beforeCommit();
    const unneeded = await persist(this.lost, () =>
      commitFineTuningCheckpoint(database, this.lease, { step, storedAt, bytes }),
    );
    if (unneeded === undefined) {
      await removeStoredFolder(store, storedAt).catch(() => undefined);
      throw new LeaseLostError();
    }
    // Nothing depends on it: what stays behind costs room only.
    for (const old of unneeded) await removeStoredFolder(store, old).catch(() => undefined);
  }
}
