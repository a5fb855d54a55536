import type { Queue, SystemQueue } from '#contracts';
import { duration } from '../../parts/format';

/** A line of either queue; only the system's says whose it is. */
export type Waiting = Queue['waiting'][number] &
  Partial<Pick<SystemQueue['waiting'][number], 'tenant'>>;

export const totalOf = (waiting: readonly Waiting[]) => ({
  items: waiting.reduce((sum, line) => sum + line.items, 0),
  seconds: waiting.reduce((sum, line) => sum + line.accelerator_seconds, 0),
});

/** The moment since which the longest waiting job waits for its first worker. */
export function oldestOf(waiting: readonly Waiting[]): string | null {
  const moments = waiting.flatMap((line) => line.waiting_since ?? []);
  return moments.toSorted((a, b) => Date.parse(a) - Date.parse(b))[0] ?? null;
}

/** Input: a moment or null, and now in milliseconds. */
export const waitedFor = (since: string | null, now: number): string =>
  since === null ? 'none' : duration((now - Date.parse(since)) / 1000);
