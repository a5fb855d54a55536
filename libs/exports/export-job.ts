import type { ExportFormatName } from '#contracts';
import { exportArchive } from './archive/export-archive.js';
import { inChunks, toBuffer } from './archive/chunks.js';
import type { ExportFormat, ExportSource } from './export-format.js';
import { annotated } from './format/annotated.js';
import { cocoDataset } from './format/coco-dataset.js';
import { cocoResults } from './format/coco-results.js';
import { csv } from './format/csv.js';
import { cvat } from './format/cvat.js';
import { jsonl } from './format/jsonl.js';
import { labelStudio } from './format/label-studio.js';
import { masks } from './format/masks.js';
import { parquet } from './format/parquet.js';
import { pascalVoc } from './format/pascal-voc.js';
import { yolo } from './format/yolo.js';
import { CountingReport } from './archive/counting-report.js';

export const EXPORT_FORMATS: Readonly<Record<ExportFormatName, ExportFormat>> = {
  jsonl,
  csv,
  parquet,
  coco: cocoDataset,
  'coco-results': cocoResults,
  yolo,
  'pascal-voc': pascalVoc,
  'label-studio': labelStudio,
  cvat,
  annotated,
  masks,
};

/** The results of a job in a format, as bytes to send: a zip with a manifest, or the one file of a flat format. */
export function exportJob(format: ExportFormat, source: ExportSource): AsyncGenerator<Uint8Array> {
  return inChunks(
    format.extension === 'zip' ? exportArchive(format, source) : oneFile(format, source),
  );
}

async function* oneFile(format: ExportFormat, source: ExportSource): AsyncGenerator<Uint8Array> {
  for await (const { content } of format.files(source, new CountingReport())) {
    if (typeof content === 'string' || content instanceof Uint8Array) yield toBuffer(content);
    else yield* inChunks(content);
  }
}
