import { bitmapOf, type BoxedMask } from '#paligemma/pictures';
import { FilePlaces, pathOf } from '../archive/file-place.js';
import type { ExportFormat, ExportReport, ExportSource } from '../export-format.js';
import {
  analysedImages,
  rounded,
  surveyLabels,
  type AnalysedImage,
  type FoundObject,
} from '../found-object.js';
import { maskOf } from '../object-mask.js';
import { attributes, textElement, XML_DECLARATION } from '../text/xml.js';
import { reportTexts } from './coco-part.js';

/** `annotations.xml` of "CVAT for images 1.1": a mask where there is one, else a box; `score` is an attribute. */
export const cvat: ExportFormat = {
  name: 'cvat',
  extension: 'zip',
  mediaType: 'application/zip',
  async *files(source, report) {
    yield { path: 'annotations.xml', content: document(source, report) };
  },
};

async function* document(source: ExportSource, report: ExportReport): AsyncGenerator<string> {
  yield `${XML_DECLARATION}<annotations>\n  ${textElement('version', '1.1')}\n`;
  yield meta(source, (await surveyLabels(source)).names);
  const places = new FilePlaces('name');
  for await (const image of analysedImages(source)) {
    reportTexts(image.item, report);
    const { width, height, objects } = image;
    const head = { id: image.item.n, name: pathOf(places.place(image.item)), width, height };
    const shapes = objects.map((object) => shapeElement(object, image, report));
    yield `  <image${attributes(head)}>\n${shapes.join('')}  </image>\n`;
  }
  yield '</annotations>\n';
}

const SCORE =
  '<attributes><attribute><name>score</name><mutable>False</mutable><input_type>text</input_type><default_value></default_value><values></values></attribute></attributes>';

function meta({ job }: ExportSource, labels: readonly string[]): string {
  const list = labels.map((label) => `<label>${textElement('name', label)}${SCORE}</label>\n`);
  return `  <meta><task>
    ${textElement('name', job.name ?? job.id)}
    ${textElement('size', job.item_counts.succeeded)}
    ${textElement('mode', 'annotation')}
    ${textElement('created', job.created_at)}
    <labels>\n${list.join('')}</labels>
  </task></meta>\n`;
}

function shapeElement(object: FoundObject, image: AnalysedImage, report: ExportReport): string {
  const mask = maskOf(object, report);
  const shared = { label: object.label, source: 'auto', occluded: 0 };
  const place = mask ? maskPlace(mask) : boxPlace(object, image);
  report.count(mask ? 'masks' : 'boxes');
  const shape = mask ? 'mask' : 'box';
  const score = `<attribute name="score">${object.box.confidence}</attribute>`;
  return `    <${shape}${attributes({ ...shared, ...place, z_order: 0 })}>${score}</${shape}>\n`;
}

function boxPlace({ box }: FoundObject, { width, height }: AnalysedImage) {
  const [xtl, ytl, xbr, ybr] = box.pixels.map(rounded) as [number, number, number, number];
  return { xtl, ytl, xbr: Math.min(xbr, width), ybr: Math.min(ybr, height) };
}

function maskPlace(mask: BoxedMask) {
  const { x, y, boxWidth, boxHeight } = mask;
  const rle = rowRuns(mask).join(', ');
  return { rle, left: x, top: y, width: boxWidth, height: boxHeight };
}

/** CVAT's run lengths: of the box only, row by row, outside first. */
export function rowRuns(mask: BoxedMask): number[] {
  const bitmap = bitmapOf(mask);
  const runs = [];
  let [value, length] = [0, 0];
  for (const pixel of bitmap) {
    if (pixel !== value) {
      runs.push(length);
      [value, length] = [pixel, 0];
    }
    length++;
  }
  return [...runs, length];
}
