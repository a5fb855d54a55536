import { newUuid, publicId } from '#contracts';
import { claimFineTuning, renewFineTuning, saveTrainer, type FineTuningLease } from '#database';
import { LeaseKeeper, pause } from '#lease';
import { inSpan, type Span } from '#telemetry';
import { findBases, type BasePlaces } from './run/bases.js';
import { TuningRun, type TuningTools } from './run/tuning-run.js';

export interface TrainerOptions extends BasePlaces {
  readonly leaseMs: number;
  readonly heartbeatMs: number;
  /** Pause between looks for a job. */
  readonly claimMs: number;
}

/**
 * Takes one job after the other: a training wants the whole machine. While there is none it costs one
 * claim a second. Jobs that nobody can hold any more are ended by the dispatcher's sweep.
 */
export class Trainer {
  readonly trainerId = newUuid();
  readonly #draining = new AbortController();
  readonly #hurried = new AbortController();
  readonly #keeper: LeaseKeeper<FineTuningLease>;
  #loop: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #run: TuningRun | undefined;

  constructor(
    private readonly tools: TuningTools,
    private readonly options: TrainerOptions,
  ) {
    const { database, log } = tools;
    this.#keeper = new LeaseKeeper(
      (leases) =>
        Promise.all(leases.map((lease) => renewFineTuning(database, lease, options.leaseMs))),
      options,
      (error) => log('warn', 'heartbeat failed', { error }),
    );
  }

  /** Process id of the training under way. */
  get trainingPid(): number | undefined {
    return this.#run?.pid;
  }

  start(): void {
    this.#timer = setInterval(() => void this.#register(), this.options.heartbeatMs);
    this.#keeper.start();
    this.#loop = this.#work();
  }

  /** Lets the update under way end, saves it and gives the job back; after the deadline it does not wait. */
  async drain(deadlineMs: number): Promise<void> {
    const deadline = setTimeout(() => this.#hurried.abort(), deadlineMs);
    this.#draining.abort();
    await this.#loop;
    clearTimeout(deadline);
    clearInterval(this.#timer);
    this.#keeper.stop();
  }

  async #work(): Promise<void> {
    await this.#register();
    while (!this.#draining.signal.aborted) {
      const worked = await this.#step().catch((error: unknown) => {
        this.tools.log('warn', 'no job could be taken', { error });
        return false;
      });
      if (!worked) await pause(this.options.claimMs, this.#draining.signal);
    }
  }

  /** Output: false when there was nothing to do. */
  async #step(): Promise<boolean> {
    const { database } = this.tools;
    const bases = await findBases(this.options);
    if (bases.size === 0) return false;
    const { leaseMs } = this.options;
    const lease = await claimFineTuning(database, this.trainerId, [...bases.keys()], leaseMs);
    if (lease === undefined) return false;
    const attributes = { 'pallet.fine_tuning': publicId('tuning', lease.jobId) };
    const options = { parent: lease.traceParent, kind: 'consumer', attributes } as const;
    await inSpan('training', options, (span) => this.#train(lease, bases.get(lease.base)!, span));
    return true;
  }

  async #train(lease: FineTuningLease, base: string, span: Span): Promise<void> {
    const { log } = this.tools;
    const context = { job: lease.jobId, fence: lease.fence, base: lease.base };
    log('info', 'fine-tuning begins', { ...context, from: lease.checkpoint?.step ?? 0 });
    const kept = this.#keeper.hold(lease);
    const drain = { draining: this.#draining.signal, hurried: this.#hurried.signal };
    try {
      this.#run = new TuningRun(this.tools, lease, kept, drain, base);
      const end = await this.#run.run();
      span.setAttribute('pallet.end', end);
      log('info', 'fine-tuning ended', { ...context, end });
    } finally {
      this.#run = undefined;
      kept.drop();
    }
  }

  async #register(): Promise<void> {
    const bases = [...(await findBases(this.options)).keys()];
    const { database, host, log } = this.tools;
    await saveTrainer(database, { id: this.trainerId, host, pid: process.pid, bases }).catch(
      (error: unknown) => log('warn', 'cannot register', { error }),
    );
  }
}
