import type { ShardTicket } from '#contracts';
import type { Lane } from '#pipeline';

/**
 * The buffer between Postgres, which knows all work, and the workers. It may lose everything at any
 * moment (the reconcile step refills it) and may deliver a ticket twice (the claim refuses the second).
 * It decides when a worker looks at a shard and never what becomes of it.
 */
export interface QueueSystem {
  readonly kind: 'redis' | 'postgres';
  queue(model: string, lane: Lane): DispatchQueue;
  /**
   * Hands tickets to `handle` until closed, `concurrency` at a time. A ticket is gone when its handler
   * ends, whether it resolves or throws (told to `onError`); it comes again only when this process dies
   * or stands still for longer than a lock lasts (15 s).
   * `signal` aborts when the consumer is closed: finish what is in hand and return.
   */
  consume(
    model: string,
    lane: Lane,
    options: { concurrency: number },
    handle: (ticket: ShardTicket, signal: AbortSignal) => Promise<void>,
  ): Consumer;
  /** Errors: `queue.unavailable` within 2 s, `queue.redis_policy`. */
  check(): Promise<void>;
  /** Closes the consumers too. Resolves at the deadline at the latest, whatever the server does. */
  close(deadlineMs: number): Promise<void>;
}

/** The tickets of one model in one lane. Every call fails with `queue.unavailable` within 2 s. */
export interface DispatchQueue {
  /**
   * Adds all or none. A ticket that the queue still holds is not added again.
   * `priority`: -10..10, higher is taken sooner; equal ones in the order of adding.
   */
  add(tickets: readonly ShardTicket[], options?: { priority?: number }): Promise<void>;
  /** Tickets that no worker has taken yet. */
  depth(): Promise<number>;
  /** `ticketId` of each ticket that waits or is being handled. */
  held(): Promise<ReadonlySet<string>>;
}

export interface Consumer {
  /** Takes nothing new from now on; what is being handled goes on. */
  pause(): Promise<void>;
  /**
   * Takes nothing new, aborts the signals of the handlers, waits for them. Resolves at the deadline at
   * the latest; tickets still being handled then are delivered again elsewhere.
   */
  close(deadlineMs: number): Promise<void>;
}

/** `<shard>-<generation>`: what makes adding a ticket twice harmless. */
export const ticketId = (ticket: ShardTicket): string => `${ticket.shardId}-${ticket.generation}`;
