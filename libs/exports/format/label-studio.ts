import type { Answer } from '#contracts';
import { mostTasks } from '../asked-task.js';
import { FilePlaces, pathOf } from '../archive/file-place.js';
import type { ExportFormat, ExportReport, ExportSource } from '../export-format.js';
import {
  analysedImages,
  surveyLabels,
  type AnalysedImage,
  type FoundObject,
} from '../found-object.js';
import { maskOf, outlinesOf, pointsOf } from '../object-mask.js';
import { jsonArray } from '../text/json.js';
import { attributes } from '../text/xml.js';

/**
 * `tasks.json` with predictions, and `labeling-config.xml` that they fit. The pictures are named as Label Studio
 * serves a local folder: its root is where the pictures lie.
 */
export const labelStudio: ExportFormat = {
  name: 'label-studio',
  extension: 'zip',
  mediaType: 'application/zip',
  async *files(source, report) {
    const { names } = await surveyLabels(source);
    yield { path: 'labeling-config.xml', content: config(await mostTasks(source), names) };
    yield { path: 'tasks.json', content: jsonArray(tasks(source, report)) };
  },
};

const LOCAL_FILES = '/data/local-files/?d=';

async function* tasks(source: ExportSource, report: ExportReport): AsyncGenerator<unknown> {
  const places = new FilePlaces('name');
  for await (const image of analysedImages(source)) {
    const { item, objects } = image;
    const path = pathOf(places.place(item)).split('/').map(encodeURIComponent).join('/');
    const result = [
      ...objects.flatMap((object) => regions(object, image, report)),
      ...item.answers.filter(isText).map(textRegion),
    ];
    const scores = item.answers.map(({ confidence }) => confidence);
    const score = scores.reduce((sum, value) => sum + value, 0) / Math.max(1, scores.length);
    yield {
      id: item.n + 1,
      data: { image: LOCAL_FILES + path, name: item.image.name },
      predictions: [{ model_version: source.job.model, score, result }],
    };
    report.count('regions', result.length);
  }
}

const isText = ({ boxes, text }: Answer): boolean => boxes.length === 0 && text !== '';

function textRegion({ task, text, confidence }: Answer) {
  const names = { id: `t${task}`, from_name: `text${task}`, to_name: 'image' };
  return { ...names, type: 'textarea', value: { text: [text] }, score: confidence };
}

/** A mask as its outlines, else the box. */
function regions(
  object: FoundObject,
  { width, height }: AnalysedImage,
  report: ExportReport,
): unknown[] {
  const { box, answer, index, label } = object;
  const size = { original_width: width, original_height: height, image_rotation: 0 };
  const shared = { to_name: 'image', ...size, score: box.confidence };
  const id = `t${answer.task}b${index}`;
  const mask = maskOf(object, report);
  if (mask === undefined) {
    const value = { ...percentBox(box.box), rotation: 0, rectanglelabels: [label] };
    return [{ id, type: 'rectanglelabels', from_name: 'box', ...shared, value }];
  }
  const { rings, holes } = outlinesOf(mask);
  report.leftOut('holes of masks', holes);
  return rings.map((ring, part) => {
    const points = pointsOf(ring).map(([x, y]) => [percent(x / width), percent(y / height)]);
    const value = { points, closed: true, polygonlabels: [label] };
    return { id: `${id}p${part}`, type: 'polygonlabels', from_name: 'outline', ...shared, value };
  });
}

function percentBox([x1, y1, x2, y2]: readonly [number, number, number, number]) {
  return { x: percent(x1), y: percent(y1), width: percent(x2 - x1), height: percent(y2 - y1) };
}

const percent = (fraction: number): number =>
  Math.round(Math.min(1, Math.max(0, fraction)) * 1e6) / 1e4;

function config(mostTexts: number, labels: readonly string[]): string {
  const list = labels.map((value) => `    <Label${attributes({ value })}/>\n`).join('');
  const texts = Array.from({ length: mostTexts }, (_, task) => {
    const names = { name: `text${task}`, toName: 'image', editable: 'true' };
    return `  <TextArea${attributes(names)}/>\n`;
  });
  return `<View>
  <Image name="image" value="$image"/>
  <RectangleLabels name="box" toName="image">
${list}  </RectangleLabels>
  <PolygonLabels name="outline" toName="image">
${list}  </PolygonLabels>
${texts.join('')}</View>
`;
}
