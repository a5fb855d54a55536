import type { Job, Task } from '#contracts';

/** A task as the `pallet` command writes it: `detect cat ; dog`. */
export function taskTitle(task: Task): string {
  switch (task.type) {
    case 'caption':
      return task.language === 'en' ? 'caption' : `caption ${task.language}`;
    case 'answer':
      return `answer ${task.question}`;
    case 'detect':
      return `detect ${task.labels.join(' ; ')}`;
    case 'segment':
      return `segment ${task.label}`;
    case 'ocr':
      return 'ocr';
    case 'prompt':
      return `prompt ${task.prompt}`;
  }
}

/** Each task of a job in words; of a job whose images brought their own, that they did. */
export const taskTitles = (tasks: Job['tasks']): readonly string[] =>
  tasks === 'own' ? ['each image its own tasks'] : tasks.map(taskTitle);
