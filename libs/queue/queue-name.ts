import type { Lane } from '#pipeline';

/**
 * `<lane>-<model>`, with `:` and everything else unusual percent-encoded: BullMQ builds keys with `:`.
 */
export const queueName = (model: string, lane: Lane): string =>
  `${lane}-${encodeURIComponent(model)}`;

const HIGHEST = 10;

/** Ours is -10..10, higher is sooner. BullMQ's starts at 1, lower is sooner, and 0 means "before all". */
export function bullmqPriority(priority: number): number {
  const bounded = Math.max(-HIGHEST, Math.min(HIGHEST, Math.round(priority)));
  return HIGHEST + 1 - bounded;
}
