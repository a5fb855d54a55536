import type { Answer, Box, ItemResult, Job, Task } from '#contracts';
import { taskTitle } from '../task/task-string.js';
import type { Column } from './table.js';

export const RESULT_COLUMNS: readonly Column[] = [
  { title: 'IMAGE', most: 28 },
  { title: 'TASK', most: 26 },
  { title: 'ANSWER' },
];

/** One row per task of an image that succeeded, one row with the reason for one that did not. */
export function resultRows(item: ItemResult, tasks: Job['tasks']): string[][] {
  const image = imageTitle(item.image);
  if (item.state !== 'succeeded') return [[image, '-', reasonOf(item)]];
  return item.answers.map((answer) => {
    const task = (tasks === 'own' ? item.tasks : tasks)?.[answer.task];
    return [image, task ? taskTitle(task) : answer.prompt, answerText(answer, task)];
  });
}

/** As its client calls it, where it does. */
const imageTitle = ({ name, custom_id: id }: ItemResult['image']): string =>
  id === null ? name : `${id} (${name})`;

function reasonOf(item: ItemResult): string {
  if (item.error === null) return item.state;
  return `${item.state}: ${item.error.code} (${item.error.detail})`;
}

/** Boxes when there are any, else the text; `…` when the model was cut off. */
export function answerText(answer: Answer, task: Task | undefined): string {
  const cut = answer.end_reason === 'eos' ? '' : ' …';
  if (answer.boxes.length > 0) return answer.boxes.map(boxText).join('; ') + cut;
  if (answer.text.trim() !== '') return answer.text + cut;
  const looksForThings = task?.type === 'detect' || task?.type === 'segment';
  return (looksForThings ? '(nothing found)' : '(no text)') + cut;
}

/** `cat 0.93 [12 30 240 310]`: confidence, then x1 y1 x2 y2 in pixels. */
function boxText(box: Box): string {
  const pixels = box.pixels.map((value) => Math.round(value)).join(' ');
  return `${box.label.trim() || '(no label)'} ${box.confidence.toFixed(2)} [${pixels}]${maskText(box)}`;
}

/** The pixels inside it; how many is not known where the model has no mask decoder. */
function maskText({ mask, segment_codes: codes }: Box): string {
  if (mask) return ` + mask of ${mask.area} px`;
  return codes === undefined ? '' : ' + mask';
}
