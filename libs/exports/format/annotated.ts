import sharp from 'sharp';
import { AppError } from '#contracts';
import { decodeImage } from '#paligemma/pictures';
import { FilePlaces } from '../archive/file-place.js';
import { drawObjects } from '../drawing/draw-objects.js';
import type { ExportFormat, ExportReport, ExportSource } from '../export-format.js';
import { analysedImages, type AnalysedImage } from '../found-object.js';
import { maskOf } from '../object-mask.js';
import { reportTexts } from './coco-part.js';

const QUALITY = 88;

/** `pictures/NAME.jpg`: the upright picture with its boxes, labels and masks drawn in. No metadata of the original. */
export const annotated: ExportFormat = {
  name: 'annotated',
  extension: 'zip',
  mediaType: 'application/zip',
  async *files(source, report) {
    const places = new FilePlaces('stem');
    for await (const image of analysedImages(source)) {
      const place = places.place(image.item);
      reportTexts(image.item, report);
      const content = await drawn(image, source, report);
      if (content === undefined) continue;
      yield { path: `pictures/${place.stem}.jpg`, content, isPacked: true };
      report.count('pictures');
    }
  },
};

/** Of bytes that the worker has decoded before, by the same allow-list and limits. */
async function drawn(
  image: AnalysedImage,
  source: ExportSource,
  report: ExportReport,
): Promise<Buffer | undefined> {
  const bytes = await source.picture(image.item);
  if (bytes === undefined) {
    report.leftOut('pictures whose bytes are gone');
    return undefined;
  }
  try {
    const { data, width, height } = await decodeImage(bytes);
    const drawings = image.objects.map((object) => {
      const { label, box } = object;
      return {
        label,
        pixels: box.pixels,
        confidence: box.confidence,
        mask: maskOf(object, report),
      };
    });
    drawObjects({ data, width, height }, drawings);
    report.count('objects', drawings.length);
    const raw = { width, height, channels: 3 } as const;
    return await sharp(data, { raw })
      .jpeg({ quality: QUALITY, chromaSubsampling: '4:4:4' })
      .toBuffer();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    report.leftOut('pictures that cannot be read here');
    return undefined;
  }
}
