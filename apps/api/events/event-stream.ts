import { Readable } from 'node:stream';
import { eventId } from './event-id.js';
import type { ToldEvent } from './told-event.js';

/** A proxy or a browser drops a connection that says nothing for a minute. */
const HEARTBEAT_MS = 15_000;
/** A client that takes nothing for so long has gone, or does not want to know. */
const PATIENCE_MS = 60_000;
/** Subjects that may wait for a slow client; one that is behind by more comes back with its last id. */
const MOST_WAITING = 1_000;
const BUFFER_BYTES = 16_384;

/**
 * Server-sent events to one client. What it has not taken yet waits here, each subject in its newest form
 * only: a slow client sees fewer steps, never an old one, and costs no more memory than its subjects.
 */
export class EventStream extends Readable {
  readonly #waiting = new Map<string, ToldEvent>();
  readonly #heartbeat: NodeJS.Timeout;
  #isWanted = false;
  #takenAt = performance.now();
  #endsWhenEmpty = false;

  constructor() {
    super({ highWaterMark: BUFFER_BYTES });
    this.#heartbeat = setInterval(() => this.#beat(), HEARTBEAT_MS);
    this.#heartbeat.unref();
  }

  tell(event: ToldEvent): void {
    if (this.destroyed || this.#endsWhenEmpty) return;
    // To the end, so that ids only ever grow on the wire.
    this.#waiting.delete(event.key);
    this.#waiting.set(event.key, event);
    if (this.#waiting.size > MOST_WAITING) this.destroy();
    else this.#flush();
  }

  /** Ends once all that waits was taken. */
  end(): void {
    this.#endsWhenEmpty = true;
    this.#flush();
  }

  /** Resolves when nothing waits any more, or nobody takes any. */
  async emptied(): Promise<void> {
    if (this.destroyed || this.#waiting.size === 0) return;
    await new Promise<void>((resolve) => {
      this.once('empty', resolve).once('close', resolve);
    });
  }

  override _read(): void {
    this.#isWanted = true;
    this.#takenAt = performance.now();
    this.#flush();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    clearInterval(this.#heartbeat);
    this.#waiting.clear();
    callback(error);
  }

  #flush(): void {
    for (const [key, event] of this.#waiting) {
      if (!this.#isWanted) return;
      this.#waiting.delete(key);
      this.#isWanted = this.push(frame(event));
    }
    if (this.#waiting.size === 0) this.emit('empty');
    if (this.#endsWhenEmpty && this.#waiting.size === 0 && !this.readableEnded) {
      this.#endsWhenEmpty = false;
      this.push(null);
    }
  }

  #beat(): void {
    if (this.#isWanted) this.#isWanted = this.push(': still here\n\n');
    else if (performance.now() - this.#takenAt > PATIENCE_MS) this.destroy();
  }
}

/** The data are JSON, and so one line. */
function frame({ type, data, position }: ToldEvent): string {
  const id = position === undefined ? '' : `id: ${eventId(position)}\n`;
  return `event: ${type}\n${id}data: ${data}\n\n`;
}
