import { setTimeout as sleep } from 'node:timers/promises';
import { listModelsWaitedFor, type Database, type WaitedForModel } from '#database';
import { startService, type ChildService } from '#embedded';
import type { ObjectStore } from '#storage';
import { fetchModel } from './fetch-model.js';

export interface ModelServerParts {
  readonly database: Database;
  readonly store: ObjectStore;
  readonly log: (level: 'info' | 'warn' | 'error', message: string, context: object) => void;
}

export interface ModelServerOptions {
  readonly modelsDirectory: string;
  /** Compiled entry of the worker. */
  readonly workerEntry: string;
  /** Addresses and limits, as our own process was given them. */
  readonly env: NodeJS.ProcessEnv;
  /** Workers at once. */
  readonly most: number;
  /** A worker that no job has needed for so long is stopped. */
  readonly idleMs: number;
  /** Pause between looks. */
  readonly lookMs: number;
}

interface Served {
  readonly worker: ChildService;
  neededAt: number;
}

const READY_TIMEOUT_MS = 15 * 60_000;
const STOP_MS = 25_000;

/**
 * Starts a worker for a fine-tuned model while jobs name it, and stops it some time after: such a model can
 * be named the moment it is there, and costs no memory while nobody does. Workers that operators start for
 * the same model themselves are enough; then none is started here.
 */
export class ModelServer {
  readonly #stopping = new AbortController();
  readonly #served = new Map<string, Served>();
  #loop: Promise<void> = Promise.resolve();

  constructor(
    private readonly parts: ModelServerParts,
    private readonly options: ModelServerOptions,
  ) {}

  start(): void {
    if (this.options.most > 0) this.#loop = this.#work();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
    await Promise.all([...this.#served.values()].map(({ worker }) => worker.stop(STOP_MS)));
  }

  async #work(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.#step().catch((error: unknown) => {
        if (!signal.aborted) this.parts.log('warn', 'a model cannot be served', { error });
      });
      await sleep(this.options.lookMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #step(): Promise<void> {
    const wanted = await listModelsWaitedFor(this.parts.database);
    const now = performance.now();
    for (const { name } of wanted) {
      const served = this.#served.get(name);
      if (served !== undefined) served.neededAt = now;
    }
    const waiting = wanted.filter(({ name, workers }) => !this.#served.has(name) && workers === 0);
    // One that nobody needs makes room at once when another model is waited for.
    await this.#stopIdle(now, waiting.length > 0 ? 0 : this.options.idleMs);
    const [next] = waiting;
    if (next !== undefined && this.#served.size < this.options.most) await this.#serve(next);
  }

  async #stopIdle(now: number, idleMs: number): Promise<void> {
    for (const [name, { worker, neededAt }] of this.#served) {
      if (now - neededAt <= idleMs) continue;
      this.#served.delete(name);
      await worker.stop(STOP_MS);
      this.parts.log('info', 'worker stopped: no job needs its model', { model: name });
    }
  }

  async #serve(model: WaitedForModel): Promise<void> {
    const { modelsDirectory, workerEntry, env } = this.options;
    const { signal } = this.#stopping;
    const { name } = model;
    const directory = await fetchModel(this.parts.store, modelsDirectory, model, signal);
    const worker = await startService({
      name: `worker of ${name}`,
      entry: workerEntry,
      env: { ...env, MODEL_NAME: name, MODEL_DIRECTORY: directory, MODEL_NOTE: model.note ?? '' },
      readyTimeoutMs: READY_TIMEOUT_MS,
      signal,
    });
    this.#served.set(name, { worker, neededAt: performance.now() });
    void worker.exited.then(() => {
      if (this.#served.get(name)?.worker === worker) this.#served.delete(name);
    });
    this.parts.log('info', 'worker started: jobs wait for its model', { model: name });
  }
}
