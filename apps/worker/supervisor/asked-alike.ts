import type { Task } from '#contracts';
import type { Lease, LeasedItem } from '#database';

/** A lease as parts, each of items that are asked the same: one part, unless the images bring tasks of their own. */
export function askedAlike(lease: Lease): Lease[] {
  const parts = new Map<string, { tasks: readonly Task[]; items: LeasedItem[] }>();
  for (const item of lease.items) {
    const tasks = item.tasks ?? lease.tasks;
    const key = item.tasks === null ? '' : JSON.stringify(tasks);
    const part = parts.get(key);
    if (part === undefined) parts.set(key, { tasks, items: [item] });
    else part.items.push(item);
  }
  return [...parts.values()].map(({ tasks, items }) => ({ ...lease, tasks, items }));
}
