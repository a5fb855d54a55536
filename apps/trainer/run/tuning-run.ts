import { mkdir, rm } from 'node:fs/promises';
import { join, sep } from 'node:path';
import {
  AppError,
  fineTuningPrefix,
  type PublishedModel,
  type TrainingFailure,
  type TrainingProgress,
} from '#contracts';
import {
  dropFineTuningCheckpoint,
  endFineTuning,
  type Database,
  type FineTuningEnd,
  type FineTuningLease,
} from '#database';
import { TrainingProcess, type TrainingEnd } from '#embedded';
import { LeaseLostError, persist, type KeptLease } from '#lease';
import type { ObjectStore } from '#storage';
import { badLinesOf } from './bad-lines.js';
import { CheckpointUploads } from './checkpoint-uploads.js';
import { EventBuffer } from './event-buffer.js';
import { eventOfProgress } from './event-of-progress.js';
import { modelNameOf } from './model-name.js';
import { storeResult } from './store-result.js';
import { downloadFolder, removeStoredFolder, uploadFolder } from './stored-folder.js';
import { writeExamples } from './write-examples.js';

export interface TuningTools {
  readonly database: Database;
  readonly store: ObjectStore;
  /** Of this machine, for people. */
  readonly host: string;
  readonly workDirectory: string;
  readonly modelsDirectory: string;
  readonly maxImageBytes: number;
  /** Compiled entry of the training host. */
  readonly hostEntry: string;
  readonly trainModule: string | undefined;
  readonly threads: number | undefined;
  /** A training that says nothing for so long is killed. */
  readonly silenceMs: number;
  readonly log: (level: 'info' | 'warn' | 'error', message: string, context: object) => void;
}

/** Asked to stop: `draining` lets the update under way end and saves it, `hurried` does not. */
export interface Drain {
  readonly draining: AbortSignal;
  readonly hurried: AbortSignal;
}

/** What a training says of a checkpoint that it cannot go on from. */
const BAD_CHECKPOINT = 'training.bad_checkpoint';
/** After trouble of a kind that passes. */
const LATER_MS = 10_000;

/**
 * One lease on a job, from claim to end: restores the last checkpoint, brings the data here, trains in a
 * process of its own, carries events and checkpoints away, and makes a model of the result.
 */
export class TuningRun {
  readonly #folder: string;
  readonly #events: EventBuffer;
  readonly #uploads: CheckpointUploads;
  /** Ends the training from our side: the lease is lost, or what it says cannot be kept. */
  readonly #abandoned = new AbortController();
  #reason: unknown;
  #process: TrainingProcess | undefined;

  constructor(
    private readonly tools: TuningTools,
    private readonly lease: FineTuningLease,
    private readonly kept: KeptLease,
    private readonly drain: Drain,
    private readonly base: string,
  ) {
    const { database } = tools;
    // Named for the fence: a trainer that lost this job may still be writing on the same disk.
    this.#folder = join(tools.workDirectory, lease.jobId, `${lease.fence}`);
    const fail = (error: unknown): void => this.#abandon(error);
    this.#events = new EventBuffer(database, lease, kept.lost, fail);
    this.#uploads = new CheckpointUploads(tools, lease, kept.lost, fail, () =>
      this.#events.flush(),
    );
    kept.lost.addEventListener('abort', () => fail(new LeaseLostError()), { once: true });
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Output: how it ended, or that the lease was lost. Never rejects for what a job can do. */
  async run(): Promise<FineTuningEnd['kind'] | 'lost'> {
    const end = await this.#train().catch((error: unknown) => this.#endOf(error));
    if (end === undefined) return 'lost';
    const isHeld = await persist(this.kept.lost, () =>
      endFineTuning(this.tools.database, this.lease, end),
    ).catch(() => false);
    await rm(join(this.tools.workDirectory, this.lease.jobId), { recursive: true, force: true });
    return isHeld ? end.kind : 'lost';
  }

  async #train(): Promise<FineTuningEnd> {
    const { workDirectory } = this.tools;
    await rm(join(workDirectory, this.lease.jobId), { recursive: true, force: true });
    const files = await this.#fetch();
    if (this.drain.draining.aborted) return drained('before the training began');
    const ended = await this.#watch(files);
    this.#abandoned.signal.throwIfAborted();
    await this.#events.flush();
    await this.#uploads.finish();
    if (this.drain.hurried.aborted) return drained('in the middle of a step');
    if (ended.type === 'crashed') return crashed(ended.how);
    if (ended.type === 'failed') return this.#endOfFailed(this.#withoutPaths(ended.failure));
    if (ended.end === 'finished') return this.#keep(ended.step, ended.result, ended.model);
    if (this.kept.cancelled.aborted) return { kind: 'cancelled' };
    return drained(`after step ${ended.step}`);
  }

  async #fetch(): Promise<{ data: string; validation?: string }> {
    const { store, database, maxImageBytes } = this.tools;
    const { tenantId, setId, checkpoint, trainingFile, validationFile } = this.lease;
    const signal = this.#abandoned.signal;
    const folder = join(this.#folder, 'data');
    const output = join(this.#folder, 'run');
    await mkdir(output, { recursive: true });
    if (checkpoint !== null) await downloadFolder(store, checkpoint.storedAt, output, signal);
    const source = { database, store, tenantId, setId, maxImageBytes };
    const data = await writeExamples(
      source,
      { file: 'training_file', fileId: trainingFile, folder },
      signal,
    );
    if (validationFile === null) return { data };
    const target = { file: 'validation_file', fileId: validationFile, folder } as const;
    return { data, validation: await writeExamples(source, target, signal) };
  }

  /** Runs the training to its end, whoever ends it. */
  async #watch(files: { data: string; validation?: string }): Promise<TrainingEnd> {
    const { tools, lease } = this;
    const training = new TrainingProcess({
      entry: tools.hostEntry,
      trainModule: tools.trainModule,
      silenceMs: tools.silenceMs,
      order: {
        ...files,
        base: this.base,
        output: join(this.#folder, 'run'),
        snapshots: join(this.#folder, 'snapshots'),
        plan: lease.plan,
        threads: tools.threads,
        publish: {
          models: tools.modelsDirectory,
          name: modelNameOf(lease.base, lease.suffix, lease.jobId),
          precision: lease.precision,
        },
      },
      onProgress: (progress) => this.#tell(progress),
    });
    this.#process = training;
    const stop = (): void => training.stop();
    const kill = (): void => training.kill();
    const ears: [AbortSignal, () => void][] = [
      [this.kept.cancelled, stop],
      [this.drain.draining, stop],
      [this.drain.hurried, kill],
      [this.#abandoned.signal, kill],
    ];
    for (const [signal, act] of ears) {
      if (signal.aborted) act();
      else signal.addEventListener('abort', act, { once: true });
    }
    try {
      return await training.ended;
    } finally {
      for (const [signal, act] of ears) signal.removeEventListener('abort', act);
    }
  }

  #tell(progress: TrainingProgress): void {
    if (this.#abandoned.signal.aborted) return;
    if (progress.kind === 'checkpoint') this.#uploads.add(progress);
    const event = eventOfProgress(progress, this.tools.host);
    if (event === undefined) return;
    this.#events.add(event, progress.kind === 'started' ? progress.steps : undefined);
  }

  /** A checkpoint that turns out damaged costs the steps since the one before it, not the job. */
  async #endOfFailed(failure: TrainingFailure): Promise<FineTuningEnd> {
    const { checkpoint } = this.lease;
    if (failure.code !== BAD_CHECKPOINT || checkpoint === null) return endOfFailure(failure);
    const { database, store } = this.tools;
    const { step } = checkpoint;
    const storedAt = await persist(this.kept.lost, () =>
      dropFineTuningCheckpoint(database, this.lease, step),
    );
    if (storedAt !== undefined) await removeStoredFolder(store, storedAt).catch(() => undefined);
    const message = `The checkpoint of step ${step} is damaged; the one before it is taken`;
    return { kind: 'given_back', message, afterMs: 0, isLoss: false };
  }

  /** Folders of this machine mean nothing to whoever reads it. */
  #withoutPaths(failure: TrainingFailure): TrainingFailure {
    const data = join(this.#folder, 'data') + sep;
    return { ...failure, detail: failure.detail.replaceAll(data, '') };
  }

  /** The object store gets result and model before anybody is told of them, so that any machine may serve them. */
  async #keep(
    step: number,
    result: string | undefined,
    model: PublishedModel | undefined,
  ): Promise<FineTuningEnd> {
    if (result === undefined || model === undefined) {
      throw new Error('The training host made no model.');
    }
    const { tenantId, jobId, fence, base } = this.lease;
    const storedAt = `${fineTuningPrefix(tenantId, jobId)}/model-${fence}`;
    const { lost } = this.kept;
    const { store } = this.tools;
    const folders = { run: join(this.#folder, 'run'), result };
    await persist(lost, () => storeResult(store, this.lease, folders, lost));
    await persist(lost, () => uploadFolder(store, model.directory, storedAt, lost));
    const { name, family, imageSize } = model;
    const note = `fine-tuned from ${base}`;
    return { kind: 'succeeded', step, model: { name, family, imageSize, storedAt, note } };
  }

  #abandon(error: unknown): void {
    this.#reason ??= error;
    if (error instanceof LeaseLostError) this.kept.giveUp();
    this.#abandoned.abort(error);
  }

  /** Undefined when the job is somebody else's now. */
  #endOf(thrown: unknown): FineTuningEnd | undefined {
    const error = this.#reason ?? thrown;
    if (this.kept.lost.aborted || error instanceof LeaseLostError) return undefined;
    if (error instanceof AppError) {
      const { code, message: detail, retryable, context } = error;
      if (!retryable) this.tools.log('warn', 'fine-tuning failed', { code, detail });
      return endOfFailure({ code, detail, retryable, context });
    }
    this.tools.log('error', 'fine-tuning broke', { error, job: this.lease.jobId });
    return crashed(error instanceof Error ? error.message : String(error));
  }
}

const drained = (where: string): FineTuningEnd => ({
  kind: 'given_back',
  message: `The trainer was told to stop ${where}; the job waits for the next one`,
  afterMs: 0,
  isLoss: false,
});

const crashed = (how: string): FineTuningEnd => ({
  kind: 'given_back',
  message: `The training ${how}. It is tried again from the last checkpoint`,
  afterMs: 0,
  isLoss: true,
});

function endOfFailure({ code, detail, retryable, context }: TrainingFailure): FineTuningEnd {
  if (!retryable) return { kind: 'failed', error: { code, detail, lines: badLinesOf(context) } };
  const message = `${detail} It is tried again from the last checkpoint`;
  return { kind: 'given_back', message, afterMs: LATER_MS, isLoss: false };
}
