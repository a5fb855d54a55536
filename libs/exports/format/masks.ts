import { encodePng } from '#paligemma/pictures';
import { FilePlaces, safeName, type FilePlace } from '../archive/file-place.js';
import { Spool } from '../archive/spool.js';
import type { ExportFile, ExportFormat, ExportReport } from '../export-format.js';
import { analysedImages, type AnalysedImage, type FoundObject } from '../found-object.js';
import { maskOf } from '../object-mask.js';
import { jsonLine } from '../text/json.js';
import { reportTexts } from './coco-part.js';

/**
 * `masks/NAME/TASK-BOX-LABEL.png`: the whole upright picture in one bit a pixel, white inside. `masks.jsonl` says
 * what each is.
 */
export const masks: ExportFormat = {
  name: 'masks',
  extension: 'zip',
  mediaType: 'application/zip',
  async *files(source, report) {
    const places = new FilePlaces('stem');
    const index = new Spool();
    try {
      for await (const image of analysedImages(source)) {
        reportTexts(image.item, report);
        yield* maskFiles(image, places.place(image.item), index, report);
      }
      yield { path: 'masks.jsonl', content: index.read() };
    } finally {
      await index.dispose();
    }
  },
};

async function* maskFiles(
  image: AnalysedImage,
  place: FilePlace,
  index: Spool,
  report: ExportReport,
): AsyncGenerator<ExportFile> {
  for (const object of image.objects) {
    if (object.box.mask === undefined) report.leftOut('boxes without a mask');
    const mask = maskOf(object, report);
    if (mask === undefined) continue;
    const { answer, index: number, label } = object;
    const path = `masks/${place.stem}/${answer.task}-${number}-${safeName(label)}.png`;
    yield { path, content: await encodePng(mask), isPacked: true };
    await index.write(Buffer.from(jsonLine(lineOf(path, object, image))));
    report.count('masks');
  }
}

function lineOf(path: string, { label, box, answer, index }: FoundObject, image: AnalysedImage) {
  const { n, image: file } = image.item;
  const { pixels, confidence, mask } = box;
  const about = { label, task: answer.task, box: index, pixels, confidence };
  const measured = { area: mask?.area, mask_confidence: mask?.confidence };
  return { path, n, image: file.name, ...about, ...measured };
}
