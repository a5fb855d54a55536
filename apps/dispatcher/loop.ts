import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Runs `step` again and again with a pause in between, until stopped. A step that fails is told and
 * tried again after the pause: the loops of the dispatcher are how everything else heals, so nothing
 * may end them.
 */
export class Loop {
  readonly #stop = new AbortController();
  readonly #ended: Promise<void>;

  constructor(
    private readonly step: () => Promise<void>,
    private readonly pauseMs: number,
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
      await this.step().catch(this.onError);
      await sleep(this.pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }
}
