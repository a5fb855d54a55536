/** A tenant with work that waits, as the feed step sees it. */
export interface WaitingTenant {
  readonly tenantId: string;
  /** Share when several wait; 2 gets twice what 1 gets. */
  readonly weight: number;
  /** Accelerator time it was given so far on this model and lane, in milliseconds; null when new. */
  readonly servedMs: number | null;
  /** Its ready shards in the order it wants them (priority, then age); enough to fill the room. */
  readonly ready: readonly ReadyShard[];
}

export interface ReadyShard {
  readonly shardId: string;
  readonly costMs: number;
}

export interface FeedPlan {
  /** In dispatch order. */
  readonly shards: readonly string[];
  /** Clock of each tenant that was looked at, to be kept for the next step. */
  readonly servedMs: ReadonlyMap<string, number>;
  /** Clock of the feed: where the tenant stood that was served last. */
  readonly clockMs: number;
}

interface Turn {
  readonly tenant: WaitingTenant;
  clock: number;
  next: number;
}

/**
 * Which shards to dispatch into `room` free places, fair over tenants in accelerator time: each place
 * goes to the tenant that was given the least so far (by weight), and charges it the shard's cost.
 *
 * A tenant that was away keeps no credit: its clock is set forward to the feed's own clock `clockMs`
 * (kept from step to step), so it is next at once but cannot starve the others afterwards.
 *
 * This is start-time fair queueing, the same bound as deficit round robin (no tenant waits longer than
 * one shard of each other tenant) with one number per tenant and no rounds to keep between processes.
 */
export function planFeed(
  tenants: readonly WaitingTenant[],
  room: number,
  clockMs: number,
): FeedPlan {
  const turns: Turn[] = tenants.map((tenant) => ({
    tenant,
    clock: Math.max(tenant.servedMs ?? clockMs, clockMs),
    next: 0,
  }));
  const shards: string[] = [];
  let feedClock = clockMs;
  while (shards.length < room) {
    const turn = leastServed(turns);
    const shard = turn?.tenant.ready[turn.next];
    if (turn === undefined || shard === undefined) break;
    shards.push(shard.shardId);
    turn.next += 1;
    feedClock = turn.clock;
    turn.clock += shard.costMs / turn.tenant.weight;
  }
  const servedMs = new Map(turns.map((turn) => [turn.tenant.tenantId, turn.clock]));
  return { shards, servedMs, clockMs: feedClock };
}

/** Ties go to the smaller id, so that every process plans the same. */
function leastServed(turns: readonly Turn[]): Turn | undefined {
  let best: Turn | undefined;
  for (const turn of turns) {
    if (turn.next >= turn.tenant.ready.length) continue;
    const earlier =
      best === undefined ||
      turn.clock < best.clock ||
      (turn.clock === best.clock && turn.tenant.tenantId < best.tenant.tenantId);
    if (earlier) best = turn;
  }
  return best;
}
