import { taskSchema, type Task } from '#contracts';
import { usageError } from '../exit-code.js';

/** Shown by --help; one line per form that `parseTask` takes. */
export const TASK_FORMS = `  caption [LANG]        a sentence about the image, in English unless LANG (de, fr, ...) is given
  answer QUESTION       the answer to a question
  detect A ; B          boxes around each thing named
  segment A             the outline of one thing
  ocr                   the text in the image
  prompt TEXT           TEXT exactly as given to the model`;

/** `detect cat ; dog` and its like to a Task. Errors: `cli.usage`. */
export function parseTask(text: string): Task {
  const [, type = '', rest = ''] = /^\s*(\S+)\s*([\s\S]*)$/.exec(text) ?? [];
  const parsed = taskSchema.safeParse(fieldsOf(type, rest.trimEnd(), text));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw usageError(
    `--task "${text}": ${issue?.path.join('.') ?? ''} ${issue?.message ?? 'is no task'}. It takes one of:\n${TASK_FORMS}`,
  );
}

function fieldsOf(type: string, rest: string, text: string): unknown {
  switch (type) {
    case 'caption':
      return rest === '' ? { type } : { type, language: rest };
    case 'answer':
      return { type, question: need(rest, text) };
    case 'detect':
      return { type, labels: labelsOf(need(rest, text)) };
    case 'segment':
      return { type, label: need(rest, text) };
    case 'ocr':
      if (rest !== '') throw usageError(`--task "${text}": ocr takes nothing more.`);
      return { type };
    case 'prompt':
      return { type, prompt: need(rest, text) };
    default:
      throw usageError(`--task "${text}" is no task. It takes one of:\n${TASK_FORMS}`);
  }
}

function need(rest: string, text: string): string {
  if (rest === '')
    throw usageError(`--task "${text}" says not what about. It takes one of:\n${TASK_FORMS}`);
  return rest;
}

/** PaliGemma itself separates by ` ; `; people write commas. */
const labelsOf = (rest: string): string[] =>
  rest
    .split(/[;,]/)
    .map((label) => label.trim())
    .filter((label) => label !== '');

/** How a task is named in tables: the string that `parseTask` would take. */
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
