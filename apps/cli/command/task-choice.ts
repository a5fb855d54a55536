import type { Task } from '#contracts';
import { usageError } from '../exit-code.js';
import { TASK_FORMS } from '../task/task-string.js';

export interface TaskFlags {
  readonly task?: Task[];
  readonly ownTasks?: boolean;
}

/** What a job asks: the tasks named, or those that each image brought. Errors: a usage error for both and for neither. */
export function tasksOf({ task, ownTasks }: TaskFlags): Task[] | 'own' {
  if (task !== undefined && ownTasks) throw usageError('Give either --task or --own-tasks.');
  if (ownTasks) return 'own';
  if (task === undefined)
    throw usageError(`Give at least one --task. It takes one of:\n${TASK_FORMS}`);
  return task;
}
