import { FilePlaces } from '../archive/file-place.js';
import type { ExportFile, ExportFormat, ExportReport, ExportSource } from '../export-format.js';
import {
  analysedImages,
  surveyLabels,
  type AnalysedImage,
  type FoundObject,
  type LabelList,
} from '../found-object.js';
import { maskOf, outlinesOf } from '../object-mask.js';
import { reportTexts } from './coco-part.js';

/**
 * Ultralytics' text files: `detect/labels/NAME.txt` with `class cx cy w h`, and where there are masks
 * `segment/labels/NAME.txt` with `class x y x y ...`; fractions of the upright picture, classes from 0. An image
 * without objects has an empty file: it is an example too. No confidence: trainers refuse a sixth column.
 */
export const yolo: ExportFormat = {
  name: 'yolo',
  extension: 'zip',
  mediaType: 'application/zip',
  async *files(source, report) {
    const labels = await surveyLabels(source);
    yield* folder('detect', source, labels, (image) => {
      reportTexts(image.item, report);
      report.count('boxes', image.objects.length);
      return image.objects.map((object) => boxLine(object, labels));
    });
    if (!labels.hasMasks) return;
    yield* folder('segment', source, labels, (image) =>
      image.objects.flatMap((object) => outlineLine(object, image, labels, report)),
    );
  },
};

async function* folder(
  name: string,
  source: ExportSource,
  labels: LabelList,
  linesOf: (image: AnalysedImage) => string[],
): AsyncGenerator<ExportFile> {
  const classes = labels.names.map((label) => label.replaceAll(/[\r\n]+/g, ' '));
  yield { path: `${name}/data.yaml`, content: dataYaml(labels.names) };
  yield { path: `${name}/classes.txt`, content: classes.map((label) => `${label}\n`).join('') };
  const places = new FilePlaces('stem');
  for await (const image of analysedImages(source)) {
    const path = `${name}/labels/${places.place(image.item).stem}.txt`;
    yield { path, content: linesOf(image).join('') };
  }
}

/** A JSON string is a YAML one. */
function dataYaml(names: readonly string[]): string {
  const lines = names.map((name, index) => `  ${index}: ${JSON.stringify(name.toWellFormed())}\n`);
  const list = names.length === 0 ? 'names: {}\n' : `names:\n${lines.join('')}`;
  return `path: .\ntrain: images\nval: images\n${list}`;
}

function boxLine({ label, box }: FoundObject, { places }: LabelList): string {
  const [x1, y1, x2, y2] = box.box.map(fraction) as [number, number, number, number];
  const numbers = [(x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1];
  return `${places.get(label)} ${numbers.map((value) => value.toFixed(6)).join(' ')}\n`;
}

/** One outline an object is all that the format has. */
function outlineLine(
  object: FoundObject,
  { width, height }: AnalysedImage,
  { places }: LabelList,
  report: ExportReport,
): string[] {
  if (object.box.mask === undefined) report.leftOut('boxes without a mask, in segment/');
  const mask = maskOf(object, report);
  if (mask === undefined) return [];
  const { rings, holes } = outlinesOf(mask);
  report.leftOut('holes of masks', holes);
  report.leftOut('parts of masks beside the largest', rings.length - 1);
  report.count('outlines');
  const numbers = rings[0]!.map((value, at) => fraction(value / (at % 2 === 0 ? width : height)));
  return [`${places.get(object.label)} ${numbers.map((value) => value.toFixed(6)).join(' ')}\n`];
}

const fraction = (value: number): number => Math.min(1, Math.max(0, value));
