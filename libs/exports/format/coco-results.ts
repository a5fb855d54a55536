import type { Answer, ItemResult } from '#contracts';
import { askedTask, isAsked } from '../asked-task.js';
import type { ExportFormat, ExportReport, ExportSource } from '../export-format.js';
import { analysedImages, placeOf, surveyLabels, type LabelList } from '../found-object.js';
import { jsonArray } from '../text/json.js';
import { categoryId, dataset, imageId } from './coco-part.js';

/**
 * What `COCO.loadRes` takes, one kind a file as it looks at the first entry only: `detections.json`,
 * `segmentations.json`, `captions.json`. `images.json` has the images and categories that the ids mean.
 */
export const cocoResults: ExportFormat = {
  name: 'coco-results',
  extension: 'zip',
  mediaType: 'application/zip',
  async *files(source, report) {
    let labels: LabelList | undefined;
    const survey = async () => (labels ??= await surveyLabels(source));
    yield { path: 'images.json', content: dataset(source, survey, nothing) };
    const list = await survey();
    yield { path: 'detections.json', content: jsonArray(detections(source, list, report)) };
    if (list.hasMasks) {
      yield { path: 'segmentations.json', content: jsonArray(segmentations(source, list, report)) };
    }
    if (await isAsked(source, 'caption')) {
      yield { path: 'captions.json', content: jsonArray(captions(source, report)) };
    }
  },
};

const isCaption = ({ job }: ExportSource, item: ItemResult, answer: Answer): boolean =>
  askedTask(job, item, answer)?.type === 'caption';

async function* nothing(): AsyncGenerator<never> {}

async function* detections(
  source: ExportSource,
  labels: LabelList,
  report: ExportReport,
): AsyncGenerator<unknown> {
  for await (const { item, objects } of analysedImages(source)) {
    const texts = item.answers.filter(
      (answer) =>
        answer.boxes.length === 0 && answer.text !== '' && !isCaption(source, item, answer),
    );
    report.leftOut('answers without boxes that are no captions', texts.length);
    for (const { label, box } of objects) {
      const category_id = categoryId(labels, label);
      yield { image_id: imageId(item), category_id, bbox: placeOf(box), score: box.confidence };
      report.count('detections');
    }
  }
}

async function* segmentations(
  source: ExportSource,
  labels: LabelList,
  report: ExportReport,
): AsyncGenerator<unknown> {
  for await (const { item, objects } of analysedImages(source)) {
    for (const { label, box } of objects) {
      if (box.mask === undefined) continue;
      const category_id = categoryId(labels, label);
      const segmentation = box.mask.rle;
      yield { image_id: imageId(item), category_id, segmentation, score: box.confidence };
      report.count('segmentations');
    }
  }
}

async function* captions(source: ExportSource, report: ExportReport): AsyncGenerator<unknown> {
  for await (const { item } of analysedImages(source)) {
    for (const answer of item.answers) {
      if (!isCaption(source, item, answer)) continue;
      yield { image_id: imageId(item), caption: answer.text };
      report.count('captions');
    }
  }
}
