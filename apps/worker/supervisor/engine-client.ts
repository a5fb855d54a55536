import { fork, type ChildProcess } from 'node:child_process';
import {
  AppError,
  type FromHost,
  type HostModel,
  type HostUsage,
  type HostResult,
  type Task,
  type ToHost,
} from '#contracts';
import { MessageBatch } from '../ipc/message-batch.js';

/** The host died while the request was inside it: the image is a suspect, not a failure. */
export class HostCrashedError extends Error {
  override readonly name = 'HostCrashedError';
}

export interface EngineClientOptions {
  /** Compiled entry of the engine host. */
  readonly entry: string;
  /** Arguments of the entry: engine module, model directory, slots, most pixels. */
  readonly args: readonly string[];
  /** A host that holds work and says nothing for so long is killed. */
  readonly silenceMs: number;
  /** The host died, unasked. */
  readonly onDeath?: () => void;
  readonly onLog: (message: string, context: Record<string, unknown>) => void;
}

interface Pending {
  readonly resolve: (result: HostResult) => void;
  readonly reject: (error: Error) => void;
}

/** Settled when the host says that it is ready, or that it never will be; a new one for each host. */
class Readiness {
  resolve: (model: HostModel) => void = () => undefined;
  reject: (error: AppError) => void = () => undefined;
  readonly promise = new Promise<HostModel>((resolve, reject) => {
    this.resolve = resolve;
    this.reject = reject;
  });
}

/** A model that does not load will not load the next time either; a worker that never was ready says so. */
const MOST_FAILED_STARTS = 3;

/** More than any poisonous image costs: those are answered for after four. */
const STUCK_DEATHS = 10;

const RESTART_DELAYS_MS = [0, 500, 2_000, 5_000, 15_000];

/**
 * Owns the engine host process: starts it, restarts it when it dies, and matches answers to requests.
 *
 * States: starting -> ready -> (crash) starting ... -> closed. Requests made while it starts wait for
 * it; requests inside it when it dies are rejected with `HostCrashedError`.
 */
export class EngineClient {
  readonly #options: EngineClientOptions;
  readonly #pending = new Map<number, Pending>();
  readonly #toHost = new MessageBatch<ToHost>((batch) => {
    // A failed send means that the host is dying: `exit` follows and rejects what is pending.
    if (this.#child?.connected) this.#child.send(batch, () => undefined);
  });
  #child: ChildProcess | undefined;
  #usage: HostUsage | undefined;
  #ready = new Readiness();
  #isReady = false;
  #wasReady = false;
  #lastWords = 'it said nothing';
  #nextRequest = 1;
  /** Deaths since the last answer; drives the restart delay. */
  #deaths = 0;
  #closed = false;
  /** By a clock that nobody sets: with the other one, a step would end a healthy host. */
  #heardAt = performance.now();
  #watchdog: NodeJS.Timeout | undefined;

  constructor(options: EngineClientOptions) {
    this.#options = options;
  }

  /**
   * Answers with the model when the host is ready for the first time.
   * Errors: `engine.not_loaded` with the host's last words when it dies again and again before that.
   */
  start(): Promise<HostModel> {
    this.#spawn();
    // Perhaps it was us who stood still: what the host has said meanwhile is read before `setImmediate` comes.
    this.#watchdog = setInterval(() => {
      if (this.#isSilent) setImmediate(() => this.#killSilent());
    }, this.#options.silenceMs / 4);
    this.#watchdog.unref();
    return this.#ready.promise;
  }

  /** Process id of the host, if one lives. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** What it last said that it has used; undefined until it does. */
  get usage(): HostUsage | undefined {
    return this.#usage;
  }

  /** Requests inside it. */
  get requests(): number {
    return this.#pending.size;
  }

  /** It died so often since its last answer that the machine may be at fault: a driver, a memory. */
  get isStuck(): boolean {
    return this.#deaths >= STUCK_DEATHS;
  }

  /**
   * Errors: `AppError` when the image or task is at fault or `signal` cancelled it; `HostCrashedError`
   * when the host died with it inside.
   */
  async analyse(
    bytes: Uint8Array,
    tasks: readonly Task[],
    interactive: boolean,
    signal: AbortSignal,
    onSent: () => void,
  ): Promise<HostResult> {
    await this.#untilReady(signal);
    const request = this.#nextRequest++;
    const cancel = (): void => this.#toHost.send({ type: 'cancel', request });
    const answer = new Promise<HostResult>((resolve, reject) => {
      this.#pending.set(request, { resolve, reject });
    });
    if (this.#pending.size === 1) this.#heardAt = performance.now();
    onSent();
    this.#toHost.send({ type: 'analyse', request, bytes, tasks, interactive });
    signal.addEventListener('abort', cancel, { once: true });
    try {
      return await answer;
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  }

  /** Lets the host end by itself until the deadline, then kills it. */
  async close(deadlineMs: number): Promise<void> {
    this.#closed = true;
    clearInterval(this.#watchdog);
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
    });
    this.#toHost.send({ type: 'stop' });
    const killer = setTimeout(() => child.kill('SIGKILL'), deadlineMs);
    await exited;
    clearTimeout(killer);
  }

  /** Errors: `engine.cancelled` as soon as `signal` aborts, also while a host loads its model. */
  async #untilReady(signal: AbortSignal): Promise<void> {
    if (!this.#isReady && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const done = (): void => {
          signal.removeEventListener('abort', done);
          resolve();
        };
        signal.addEventListener('abort', done, { once: true });
        void this.#ready.promise.then(done, done);
      });
    }
    if (signal.aborted) throw new AppError('engine.cancelled', 'Cancelled.');
  }

  #spawn(): void {
    const child = fork(this.#options.entry, [...this.#options.args], {
      serialization: 'advanced',
      // The supervisor's small heap is not for the host: a full vocabulary alone takes half of it.
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      // The host gets no secrets: it needs neither database nor queue nor bucket.
      env: hostEnvironment(),
    });
    this.#child = child;
    child.on('message', (batch: readonly FromHost[]) => {
      for (const message of batch) this.#receive(message);
    });
    // A send into a dying child fails with an event as well; `exit` is what decides.
    child.on('error', () => undefined);
    child.once('exit', (code, signal) => this.#died(code, signal));
  }

  #receive(message: FromHost): void {
    this.#heardAt = performance.now();
    if (message.type === 'ready') {
      this.#isReady = true;
      this.#wasReady = true;
      this.#ready.resolve(message.model);
      return;
    }
    if (message.type === 'fatal') {
      this.#options.onLog('engine host failed', { code: message.code, detail: message.detail });
      this.#lastWords = message.detail;
      return;
    }
    if (message.type === 'alive') {
      this.#usage = message.usage;
      return;
    }
    this.#deaths = 0;
    const pending = this.#pending.get(message.request);
    this.#pending.delete(message.request);
    if (message.type === 'answered') pending?.resolve(message.result);
    else pending?.reject(new AppError(message.code, message.detail));
  }

  #died(code: number | null, signal: NodeJS.Signals | null): void {
    const lost = [...this.#pending.values()];
    this.#pending.clear();
    // Whoever waits for a host that died while it loaded waits on for the next one.
    if (this.#isReady) this.#ready = new Readiness();
    this.#isReady = false;
    this.#usage = undefined;
    for (const pending of lost) {
      pending.reject(new HostCrashedError(`engine host ended (${signal ?? code})`));
    }
    if (this.#closed) return;
    this.#options.onDeath?.();
    const delayMs = RESTART_DELAYS_MS[Math.min(this.#deaths, RESTART_DELAYS_MS.length - 1)]!;
    this.#deaths += 1;
    if (!this.#wasReady && this.#deaths >= MOST_FAILED_STARTS) {
      this.#closed = true;
      this.#ready.reject(notLoaded(this.#lastWords));
      return;
    }
    this.#options.onLog('engine host died, starting another', {
      code,
      signal,
      delayMs,
      inFlight: lost.length,
    });
    setTimeout(() => {
      if (!this.#closed) this.#spawn();
    }, delayMs);
  }

  get #isSilent(): boolean {
    return this.#pending.size > 0 && performance.now() - this.#heardAt >= this.#options.silenceMs;
  }

  #killSilent(): void {
    if (!this.#isSilent) return;
    const silentMs = Math.round(performance.now() - this.#heardAt);
    this.#options.onLog('engine host hangs, killing it', { silentMs });
    this.#heardAt = performance.now();
    this.#child?.kill('SIGKILL');
  }
}

function notLoaded(lastWords: string): AppError {
  return new AppError(
    'engine.not_loaded',
    `The engine cannot load the model. Check MODEL_DIRECTORY. It said: ${lastWords}`,
  );
}

/** What drivers of GPUs are told by. Everything else, addresses and credentials above all, stays with the supervisor. */
const HOST_VARIABLE = /^(PATH|NODE_ENV|HOME|LD_LIBRARY_PATH|(VK|XDG|MESA|NVIDIA|CUDA)_\w+)$/;

function hostEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => HOST_VARIABLE.test(name)),
  );
}
