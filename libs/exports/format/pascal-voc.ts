import type { ExportFormat, ExportReport } from '../export-format.js';
import { FilePlaces, pathOf } from '../archive/file-place.js';
import { analysedImages, type AnalysedImage, type FoundObject } from '../found-object.js';
import { textElement } from '../text/xml.js';
import { reportTexts } from './coco-part.js';

/**
 * `Annotations/NAME.xml` for each image. Corners as in the original data: whole pixels counted from 1, both ends
 * inside the box.
 */
export const pascalVoc: ExportFormat = {
  name: 'pascal-voc',
  extension: 'zip',
  mediaType: 'application/zip',
  async *files(source, report) {
    const places = new FilePlaces('stem');
    for await (const image of analysedImages(source)) {
      const place = places.place(image.item);
      reportTexts(image.item, report);
      const content = annotation(image, pathOf(place), report);
      yield { path: `Annotations/${place.stem}.xml`, content };
    }
  },
};

function annotation(image: AnalysedImage, path: string, report: ExportReport): string {
  const { width, height, objects } = image;
  const [folder, name] = [path.split('/').slice(0, -1).join('/'), path.split('/').at(-1)!];
  const size = textElement('width', width) + textElement('height', height);
  return `<annotation>
  ${textElement('folder', folder)}
  ${textElement('filename', name)}
  <source>${textElement('database', 'Pallet')}</source>
  <size>${size}${textElement('depth', 3)}</size>
  ${textElement('segmented', 0)}
${objects.map((object) => objectElement(object, image, report)).join('')}</annotation>
`;
}

function objectElement(
  { label, box }: FoundObject,
  { width, height }: AnalysedImage,
  report: ExportReport,
): string {
  report.count('boxes');
  if (box.mask !== undefined) report.leftOut('masks');
  const [x1, y1, x2, y2] = box.pixels;
  const [xmin, xmax] = pixelsOf(x1, x2, width);
  const [ymin, ymax] = pixelsOf(y1, y2, height);
  const corners = Object.entries({ xmin, ymin, xmax, ymax });
  return `  <object>
    ${textElement('name', label)}
    <pose>Unspecified</pose><truncated>0</truncated><difficult>0</difficult>
    ${textElement('confidence', box.confidence)}
    <bndbox>${corners.map(([name, value]) => textElement(name, value)).join('')}</bndbox>
  </object>
`;
}

/** The first and the last pixel of a stretch, from 1; a box thinner than a pixel keeps one. */
function pixelsOf(from: number, to: number, size: number): [first: number, last: number] {
  const first = Math.min(size, Math.max(1, Math.round(from) + 1));
  return [first, Math.min(size, Math.max(first, Math.round(to)))];
}
