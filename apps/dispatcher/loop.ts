import { setTimeout as sleep } from 'node:timers/promises';

export interface LoopTiming {
  readonly pauseMs: number;
  /** Pause after a step that had something to do; default: the same. */
  readonly busyPauseMs?: number;
}

/**
 * Runs `step` again and again with a pause in between, until stopped; a step answers whether it had
 * something to do. One that fails is told and tried again after the pause: the loops of the dispatcher
 * are how everything else heals, so nothing may end them.
 */
export class Loop {
  readonly #stop = new AbortController();
  readonly #ended: Promise<void>;

  constructor(
    private readonly step: () => Promise<unknown>,
    private readonly timing: LoopTiming,
    private readonly onError: (error: unknown) => void,
  ) {
    this.#ended = this.#run();
  }

  /** Resolves when the running step has ended. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#ended;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const { pauseMs, busyPauseMs = pauseMs } = this.timing;
      const wasBusy = await this.step().catch(this.onError);
      const delayMs = wasBusy === true ? busyPauseMs : pauseMs;
      await sleep(delayMs, undefined, { signal }).catch(() => undefined);
    }
  }
}
