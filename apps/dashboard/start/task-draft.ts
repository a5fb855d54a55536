import type { Task } from '#contracts';

export type TaskType = Task['type'];

/** A task as it is being written: its kind, and the one text that the kind may want. */
export interface TaskDraft {
  readonly type: TaskType;
  readonly text: string;
}

export interface TaskKind {
  readonly type: TaskType;
  readonly title: string;
  readonly does: string;
  /** What its text is called, with an example; without one it takes no text. */
  readonly text?: { readonly name: string; readonly example: string };
}

export const TASK_KINDS: readonly TaskKind[] = [
  { type: 'caption', title: 'Caption', does: 'a sentence about the picture' },
  {
    type: 'detect',
    title: 'Detect',
    does: 'a box around each',
    text: { name: 'Things, separated by ;', example: 'dog ; car' },
  },
  {
    type: 'segment',
    title: 'Segment',
    does: 'the outline of one thing',
    text: { name: 'Thing', example: 'car' },
  },
  {
    type: 'answer',
    title: 'Ask',
    does: 'the answer to a question',
    text: { name: 'Question', example: 'how many people are there?' },
  },
  { type: 'ocr', title: 'Read', does: 'the text in the picture' },
  {
    type: 'prompt',
    title: 'Prompt',
    does: 'your words, as the model gets them',
    text: { name: 'Prompt', example: 'describe en' },
  },
];

/** What a changed form of the task begins with. */
export function draftOfTask(task: Task): TaskDraft {
  const { type } = task;
  if (type === 'answer') return { type, text: task.question };
  if (type === 'detect') return { type, text: task.labels.join(' ; ') };
  if (type === 'segment') return { type, text: task.label };
  return { type, text: type === 'prompt' ? task.prompt : '' };
}

/** The task as it was changed; what the draft does not say (language, most tokens) stays as it was. */
export function changedTask(task: Task, draft: TaskDraft): Task | undefined {
  const changed = taskOf(draft);
  if (changed === undefined || changed.type !== task.type) return changed;
  const { max_tokens } = task;
  const language = 'language' in task ? { language: task.language } : {};
  return { ...changed, ...language, ...(max_tokens !== undefined && { max_tokens }) };
}

/** Undefined while something is missing. */
export function taskOf({ type, text }: TaskDraft): Task | undefined {
  const words = text.trim();
  if (type === 'caption') return { type, language: 'en' };
  if (type === 'ocr') return { type };
  if (words === '') return undefined;
  if (type === 'answer') return { type, question: words, language: 'en' };
  if (type === 'segment') return { type, label: words };
  if (type === 'prompt') return { type, prompt: words };
  const labels = words
    .split(/[;,]/)
    .map((label) => label.trim())
    .filter((label) => label !== '');
  return labels.length === 0 ? undefined : { type, labels };
}
