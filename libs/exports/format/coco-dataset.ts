import type { ExportFormat, ExportReport, ExportSource } from '../export-format.js';
import {
  analysedImages,
  placeOf,
  surveyLabels,
  type FoundObject,
  type LabelList,
} from '../found-object.js';
import { categoryId, dataset, imageId, reportTexts } from './coco-part.js';

/**
 * `instances.json`: images, categories and an annotation for each box, with its mask as compressed run lengths.
 * `iscrowd` is 0 beside run lengths, as these are single objects: pycocotools and detectron2 (`bitmask`) read that.
 */
export const cocoDataset: ExportFormat = {
  name: 'coco',
  extension: 'zip',
  mediaType: 'application/zip',
  async *files(source, report) {
    const content = dataset(
      source,
      () => surveyLabels(source),
      (labels) => annotations(source, labels, report),
    );
    yield { path: 'instances.json', content };
  },
};

async function* annotations(
  source: ExportSource,
  labels: LabelList,
  report: ExportReport,
): AsyncGenerator<unknown> {
  let id = 0;
  for await (const { item, objects } of analysedImages(source)) {
    reportTexts(item, report);
    for (const object of objects) {
      const category_id = categoryId(labels, object.label);
      yield { id: ++id, image_id: imageId(item), category_id, ...shapeOf(object) };
      report.count('annotations');
    }
  }
}

function shapeOf({ box, answer }: FoundObject) {
  const bbox = placeOf(box);
  return {
    bbox,
    area: box.mask?.area ?? bbox[2] * bbox[3],
    segmentation: box.mask?.rle ?? [],
    iscrowd: 0,
    score: box.confidence,
    task: answer.task,
  };
}
