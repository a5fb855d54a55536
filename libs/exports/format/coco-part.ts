import type { ItemResult } from '#contracts';
import { FilePlaces, pathOf } from '../archive/file-place.js';
import type { ExportReport, ExportSource } from '../export-format.js';
import { analysedImages, type LabelList } from '../found-object.js';
import { jsonArray } from '../text/json.js';

/** COCO counts from 1. An image keeps its id in every export of the job. */
export const imageId = ({ n }: Pick<ItemResult, 'n'>): number => n + 1;

/** Sorted by name, from 1: the same for every export of the same results. */
export const categoryId = (labels: LabelList, label: string): number =>
  labels.places.get(label)! + 1;

const categories = ({ names }: LabelList) =>
  names.map((name, index) => ({ id: index + 1, name, supercategory: '' }));

/** A dataset's JSON; `labels` is asked for once the first bytes are out. */
export async function* dataset(
  source: ExportSource,
  labels: () => Promise<LabelList>,
  annotations: (labels: LabelList) => AsyncIterable<unknown>,
): AsyncGenerator<string> {
  yield `{"info":${JSON.stringify(infoOf(source))},\n"licenses":[],\n`;
  const list = await labels();
  yield `"categories":${JSON.stringify(categories(list))},\n"images":`;
  yield* jsonArray(images(source));
  yield ',\n"annotations":';
  yield* jsonArray(annotations(list));
  yield '}\n';
}

function infoOf({ job }: ExportSource) {
  const description = `Pallet ${job.id}, model ${job.model}`;
  return { description, version: '1', date_created: job.created_at };
}

async function* images(source: ExportSource): AsyncGenerator<unknown> {
  const places = new FilePlaces('name');
  for await (const { item, width, height } of analysedImages(source)) {
    const { name } = item.image;
    const file_name = pathOf(places.place(item));
    // What the image was called, where that is no safe path, or is the path of an earlier one.
    const original = file_name === name ? {} : { original_name: name };
    yield { id: imageId(item), file_name, width, height, ...original };
  }
}

/** Answers that say something, and have no box to draw. */
export function reportTexts(item: ItemResult, report: ExportReport): void {
  const texts = item.answers.filter((answer) => answer.boxes.length === 0 && answer.text !== '');
  report.leftOut('answers without boxes', texts.length);
}
