import { createHash } from 'node:crypto';
import type { Task } from '#contracts';

/**
 * What makes two tasks the same question: SHA-256 of the task with its fields in order. `undefined` for a task
 * whose answer is drawn by chance (`temperature` above 0): each asking wants a draw of its own.
 */
export function taskDigest(task: Task): Buffer | undefined {
  if (isSampled(task)) return undefined;
  return createHash('sha256').update(normalForm(task)).digest();
}

function isSampled(task: object): boolean {
  return 'temperature' in task && typeof task.temperature === 'number' && task.temperature > 0;
}

/** Fields by name, those without a value left out: neither order nor absence is a difference. */
function normalForm(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
