import type { Answer, ItemResult, Job, Task } from '#contracts';
import type { ExportSource } from './export-format.js';

/** The task that an answer is to: of the job, or of the item when the job asks each image its own. */
export const askedTask = (job: Job, item: ItemResult, answer: Answer): Task | undefined =>
  (job.tasks === 'own' ? item.tasks : job.tasks)?.[answer.task];

/** Whether any image was asked such a task. Reads the results when each image has its own. */
export async function isAsked(source: ExportSource, type: Task['type']): Promise<boolean> {
  const { tasks } = source.job;
  if (tasks !== 'own') return tasks.some((task) => task.type === type);
  for await (const item of source.results()) {
    if (item.tasks?.some((task) => task.type === type)) return true;
  }
  return false;
}

/** Most tasks that an image was asked. Reads the results when each image has its own. */
export async function mostTasks(source: ExportSource): Promise<number> {
  const { tasks } = source.job;
  if (tasks !== 'own') return tasks.length;
  let most = 0;
  for await (const item of source.results()) most = Math.max(most, item.tasks?.length ?? 0);
  return most;
}
