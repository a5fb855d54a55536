import { planFeed, type FeedPlan, type WaitingTenant } from './fair-feed.js';

/** In the order they are looked after. */
export const LANES = ['interactive', 'bulk'] as const;
export type Lane = (typeof LANES)[number];

/** One shard offered to the workers: stale as soon as the shard has a newer generation. */
export interface Ticket {
  readonly shardId: string;
  readonly generation: number;
}

/** What the feed step needs of the truth. */
export interface FeedStore {
  /** Live workers that serve the model. */
  countWorkers(model: string): Promise<number>;
  /**
   * Marks shards as dispatched, one feed step per model and lane at a time: reads who waits, lets
   * `plan` choose, writes the choice, all in one transaction. Answers the tickets in dispatch order.
   */
  dispatch(
    model: string,
    lane: Lane,
    room: number,
    plan: (tenants: readonly WaitingTenant[], clockMs: number) => FeedPlan,
  ): Promise<Ticket[]>;
}

/** What it needs of the queue. */
export interface TicketQueue {
  depth(): Promise<number>;
  add(tickets: readonly Ticket[]): Promise<void>;
}

const SHARDS_PER_WORKER = 3;
const LEAST_BUFFER = 4;
/** Single pictures that somebody waits for: the buffer bounds memory only, fairness needs no queueing. */
const INTERACTIVE_BUFFER = 256;

/**
 * Fills the queue of one model and lane up to its bound and answers how many shards it added.
 *
 * The queue is asked before anything is claimed, so while Redis is away nothing is marked dispatched. A
 * crash between the commit and `add` leaves shards that are dispatched and in no queue; the dispatcher's
 * reconcile step finds and re-readies them. Any number of these may run at once, in any process.
 */
export async function feedStep(
  store: FeedStore,
  queue: TicketQueue,
  model: string,
  lane: Lane,
): Promise<number> {
  const room = (await bufferSize(store, model, lane)) - (await queue.depth());
  if (room <= 0) return 0;
  const tickets = await store.dispatch(model, lane, room, (tenants, clockMs) =>
    planFeed(tenants, room, clockMs),
  );
  if (tickets.length > 0) await queue.add(tickets);
  return tickets.length;
}

async function bufferSize(store: FeedStore, model: string, lane: Lane): Promise<number> {
  if (lane === 'interactive') return INTERACTIVE_BUFFER;
  return Math.max(LEAST_BUFFER, SHARDS_PER_WORKER * (await store.countWorkers(model)));
}
