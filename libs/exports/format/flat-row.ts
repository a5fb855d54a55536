import type { Answer, Box, ItemResult, Job, Task } from '#contracts';
import { askedTask } from '../asked-task.js';
import type { ExportSource } from '../export-format.js';

/** Columns of the flat formats, in their order. */
export const FLAT_COLUMNS = {
  n: 'INT32',
  image: 'STRING',
  sha256: 'STRING',
  width: 'INT32',
  height: 'INT32',
  state: 'STRING',
  error_code: 'STRING',
  error_detail: 'STRING',
  task: 'INT32',
  task_type: 'STRING',
  prompt: 'STRING',
  text: 'STRING',
  raw: 'STRING',
  answer_confidence: 'DOUBLE',
  end_reason: 'STRING',
  box: 'INT32',
  label: 'STRING',
  confidence: 'DOUBLE',
  x1: 'DOUBLE',
  y1: 'DOUBLE',
  x2: 'DOUBLE',
  y2: 'DOUBLE',
  mask_rle: 'STRING',
  mask_area: 'INT32',
  mask_confidence: 'DOUBLE',
  custom_id: 'STRING',
  metadata: 'STRING',
} as const;

export type FlatColumn = keyof typeof FLAT_COLUMNS;
export type FlatRow = Readonly<Record<FlatColumn, string | number | null>>;

/** One row for each box; one for an answer without boxes, and one for an item without answers. */
export async function* flatRows(source: ExportSource): AsyncGenerator<FlatRow> {
  for await (const item of source.results()) yield* rowsOf(item, source.job);
}

function rowsOf(item: ItemResult, job: Job): FlatRow[] {
  const row = { ...EMPTY, ...columnsOfItem(item) };
  if (item.answers.length === 0) return [row];
  return item.answers.flatMap((answer) => {
    const answered = { ...row, ...columnsOfAnswer(answer, askedTask(job, item, answer)) };
    if (answer.boxes.length === 0) return [answered];
    return answer.boxes.map((box, index) => ({ ...answered, ...columnsOfBox(box, index) }));
  });
}

const EMPTY = Object.fromEntries(Object.keys(FLAT_COLUMNS).map((name) => [name, null])) as FlatRow;

function columnsOfItem({ n, image, state, error }: ItemResult): Partial<FlatRow> {
  const { name, sha256, width, height, custom_id } = image;
  const metadata = Object.keys(image.metadata).length > 0 ? JSON.stringify(image.metadata) : null;
  const why = { error_code: error?.code ?? null, error_detail: error?.detail ?? null };
  return { n, image: name, sha256, width, height, state, ...why, custom_id, metadata };
}

function columnsOfAnswer(answer: Answer, asked: Task | undefined): Partial<FlatRow> {
  const { task, prompt, text, raw, confidence, end_reason } = answer;
  const task_type = asked?.type ?? null;
  return { task, task_type, prompt, text, raw, answer_confidence: confidence, end_reason };
}

function columnsOfBox(box: Box, index: number): Partial<FlatRow> {
  const [x1, y1, x2, y2] = box.pixels;
  const { label, confidence, mask } = box;
  const place = { box: index, label, confidence, x1, y1, x2, y2 };
  if (mask === undefined) return place;
  const { rle, area, confidence: mask_confidence } = mask;
  return { ...place, mask_rle: JSON.stringify(rle), mask_area: area, mask_confidence };
}
