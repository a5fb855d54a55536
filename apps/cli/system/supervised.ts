import { setTimeout as pause } from 'node:timers/promises';

export interface Running {
  pid: number;
  exited: Promise<{ code: number | null; signal: string | null }>;
  stop(): Promise<unknown>;
}

export interface SupervisedOptions<T extends Running> {
  name: string;
  /** `previous` is the one that ended, so that the next can take its address. */
  start: (previous?: T) => Promise<T>;
  onEvent: (line: string) => void;
  /** After each restart, for example to write the new process id down. */
  onRestart?: () => Promise<void>;
  firstPauseMs?: number;
}

const LONGEST_PAUSE_MS = 30_000;
/** One that ran so long is not in a crash loop. */
const STEADY_MS = 60_000;

/**
 * Keeps one process running until it is stopped.
 *  running  -> pausing   it ended by itself
 *  pausing  -> running   a start worked;   pausing -> pausing  it did not, the pause doubles
 *  any      -> stopped   `stop`
 */
export class Supervised<T extends Running> {
  readonly #options: SupervisedOptions<T>;
  readonly #stopping = new AbortController();
  #current: T;
  readonly #loop: Promise<void>;

  /** The first start is not retried: what is wrong then is better fixed than tried again. */
  static async start<T extends Running>(options: SupervisedOptions<T>): Promise<Supervised<T>> {
    return new Supervised(options, await options.start());
  }

  private constructor(options: SupervisedOptions<T>, first: T) {
    this.#options = options;
    this.#current = first;
    this.#loop = this.#keepRunning();
  }

  get current(): T {
    return this.#current;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#current.stop();
    await this.#loop;
  }

  async #keepRunning(): Promise<void> {
    const { name, onEvent } = this.#options;
    const firstPauseMs = this.#options.firstPauseMs ?? 500;
    let pauseMs = firstPauseMs;
    for (;;) {
      const startedAt = Date.now();
      const { code, signal } = await this.#current.exited;
      if (this.#stopping.signal.aborted) return;
      if (Date.now() - startedAt >= STEADY_MS) pauseMs = firstPauseMs;
      onEvent(
        `${name} ended (${signal ?? `code ${code}`}), starting it again in ${pauseMs / 1000} s`,
      );
      pauseMs = await this.#startAgain(pauseMs);
      if (this.#stopping.signal.aborted) return;
    }
  }

  /** Resolves with the next pause when it runs again or was stopped. */
  async #startAgain(firstPauseMs: number): Promise<number> {
    const { name, onEvent, start, onRestart } = this.#options;
    for (let pauseMs = firstPauseMs; ;) {
      await pause(pauseMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
      if (this.#stopping.signal.aborted) return pauseMs;
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
      try {
        this.#current = await start(this.#current);
        // `stop` may have come while it started, and has then stopped only the one before.
        if (this.#stopping.signal.aborted) {
          await this.#current.stop();
        } else {
          onEvent(`${name} runs again (process ${this.#current.pid})`);
          await onRestart?.();
        }
        return pauseMs;
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        onEvent(`${name} did not start: ${reason}; next try in ${pauseMs / 1000} s`);
      }
    }
  }
}
