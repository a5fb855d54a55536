import type { ItemRange } from './item-ranges.js';

export interface ShardPlan {
  readonly items: ItemRange;
}

/** Time that a shard should take, in milliseconds: short enough that no tenant waits long behind one. */
const SHARD_TARGET_MS = 30_000;
const MOST_ITEMS = 256;
const FEWEST_ITEMS = 8;
/** Assumed until a model has been measured, in milliseconds per image and task. */
export const UNMEASURED_TASK_MS = 100;

/** Estimated accelerator time of one item, in milliseconds. */
export function itemCostMs(taskMs: number | null, taskCount: number): number {
  return (taskMs ?? UNMEASURED_TASK_MS) * taskCount;
}

/**
 * How many items a shard of this job gets: as many as fit the target time, 8 to 256. The upper bound
 * keeps a lost shard cheap; the lower keeps the cost per shard (one queue entry, one claim) spread.
 */
export function shardSize(costMs: number): number {
  const fitting = Math.floor(SHARD_TARGET_MS / Math.max(costMs, 0.001));
  return Math.min(MOST_ITEMS, Math.max(FEWEST_ITEMS, fitting));
}
