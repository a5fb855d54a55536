import { comparePositions, type ChangePosition } from '#database';
import type { Follower } from './change-hub.js';
import type { EventStream } from './event-stream.js';
import type { ToldEvent } from './told-event.js';

/** Subjects that may change while a client is still being told of what it has missed. */
const MOST_HELD = 10_000;

/** One client, at its own place among the changes; it is told each of them once, in order. */
export class Following implements Follower {
  /** What comes while older changes are still being told. */
  #held: Map<string, ToldEvent> | undefined = new Map();

  constructor(
    readonly tenantId: string,
    readonly stream: EventStream,
    public position: ChangePosition,
    /** Only this one, if given; then the stream ends with it. */
    private readonly subjectId?: string,
  ) {}

  tell(event: ToldEvent): void {
    if (this.subjectId !== undefined && event.key !== this.subjectId) return;
    if (this.#held === undefined || event.position === undefined) {
      this.pass(event);
      return;
    }
    this.#held.delete(event.key);
    this.#held.set(event.key, event);
    if (this.#held.size > MOST_HELD) this.stream.destroy();
  }

  /** All that has changed before was told. */
  goLive(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const [, event] of held) this.pass(event);
  }

  pass(event: ToldEvent): void {
    if (event.position !== undefined) {
      if (comparePositions(event.position, this.position) <= 0) return;
      this.position = event.position;
    }
    this.stream.tell(event);
    if (this.subjectId !== undefined && event.isLast) this.stream.end();
  }

  end(): void {
    this.stream.end();
  }
}
