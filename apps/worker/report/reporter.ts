import { cpus, hostname } from 'node:os';
import type { HostUsage, WorkerActivity, WorkerReport } from '#contracts';
import { reportWorker, type Database, type WorkDone } from '#database';
import { CpuMeter } from './cpu-meter.js';
import type { GpuReader } from './gpu-reader.js';
import type { WorkTally } from './work-tally.js';

export interface ReporterParts {
  readonly database: Database;
  readonly tally: WorkTally;
  readonly gpu: GpuReader;
  /** What the worker does at this moment. */
  readonly look: () => {
    readonly state: WorkerActivity;
    readonly imagesInHost: number;
    readonly host: HostUsage | undefined;
  };
  /** Somebody asks this worker to end. Called once. */
  readonly onDrain: () => void;
  readonly onFailure: (error: unknown) => void;
}

export interface ReporterOptions {
  readonly workerId: string;
  readonly model: string;
  readonly version: string;
  readonly provider: WorkerReport['provider'];
  readonly slots: number;
  readonly heartbeatMs: number;
}

/**
 * Tells the database at each heartbeat what this worker does, and hears there whether it shall end. Nothing of the work
 * depends on it: while the database is away, what was counted waits for the next report.
 */
export class Reporter {
  readonly #supervisorCpu = new CpuMeter();
  readonly #hostCpu = new CpuMeter();
  #timer: NodeJS.Timeout | undefined;
  #reporting: Promise<void> | undefined;
  /** Since the report that is under way was begun. */
  #hasChanged = false;
  #reportedAt = performance.now();
  #isDrained = false;

  constructor(
    private readonly parts: ReporterParts,
    private readonly options: ReporterOptions,
  ) {}

  start(): void {
    this.beat();
    this.#timer = setInterval(() => {
      // A report that waits for a slow database must not be joined by another.
      if (this.#reporting === undefined) this.beat();
    }, this.options.heartbeatMs);
  }

  /** Resolves when the last report is in, or has failed. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#reporting;
    await this.#report();
  }

  /** Reports now, because something has changed. */
  beat(): void {
    // What is being told may be how it was before.
    if (this.#reporting !== undefined) this.#hasChanged = true;
    else this.#reporting = this.#reportAll();
  }

  async #reportAll(): Promise<void> {
    try {
      do {
        this.#hasChanged = false;
        await this.#report();
      } while (this.#hasChanged);
    } finally {
      this.#reporting = undefined;
    }
  }

  async #report(): Promise<void> {
    const { database, tally, onDrain, onFailure } = this.parts;
    const { workerId: id, model } = this.options;
    const gpu = await this.parts.gpu.read();
    const done = tally.take();
    const { state, report } = this.#describe(done, gpu);
    try {
      const who = { id, model, host: hostname(), pid: process.pid };
      const drains = await reportWorker(database, { ...who, state, report, done });
      this.#reportedAt = performance.now();
      if (!drains || this.#isDrained) return;
      this.#isDrained = true;
      onDrain();
    } catch (error) {
      tally.putBack(done);
      onFailure(error);
    }
  }

  #describe(done: WorkDone, gpu: WorkerReport['gpu']) {
    const { state, imagesInHost, host } = this.parts.look();
    const { version, provider, slots } = this.options;
    const seconds = Math.max(0.001, (performance.now() - this.#reportedAt) / 1000);
    const report: WorkerReport = {
      version,
      provider,
      device: provider === 'cpu' ? (cpus()[0]?.model.trim() ?? null) : (gpu?.name ?? null),
      slots,
      slots_in_use: Math.min(slots, imagesInHost),
      images_per_second: (done.succeeded + done.failed) / seconds,
      tokens_per_second: done.tokens / seconds,
      cpu_percent: this.#cpuPercent(host),
      memory_bytes: process.memoryUsage.rss() + (host?.residentBytes ?? 0),
      gpu,
    };
    return { state, report };
  }

  #cpuPercent(host: HostUsage | undefined): number | null {
    const { user, system } = process.cpuUsage();
    const own = this.#supervisorCpu.read({
      cpuMs: (user + system) / 1000,
      atMs: performance.now(),
    });
    const hosts = this.#hostCpu.read(host);
    return own === null ? null : own + (hosts ?? 0);
  }
}
