/** How long the same message is kept quiet: reconnecting fails twice a second during an outage. */
const QUIET_MS = 10_000;
const REMEMBERED = 100;

/**
 * Where errors go that no caller waits for. BullMQ and ioredis emit them, and Node ends the process when
 * nobody listens.
 */
export class ErrorReport {
  readonly #toldAt = new Map<string, number>();

  constructor(
    private readonly tell: (error: Error) => void,
    private readonly now: () => number = Date.now,
  ) {}

  readonly report = (cause: unknown): void => {
    const error = cause instanceof Error ? cause : new Error(String(cause));
    const toldAt = this.#toldAt.get(error.message);
    if (toldAt !== undefined && this.now() - toldAt < QUIET_MS) return;
    if (this.#toldAt.size >= REMEMBERED) this.#toldAt.clear();
    this.#toldAt.set(error.message, this.now());
    this.tell(error);
  };
}
