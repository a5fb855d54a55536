import type { ItemResult, Job } from '#contracts';
import type { Content, ExportFile, ExportFormat, ExportSource } from '../export-format.js';
import { freezeSource } from '../frozen-source.js';
import { CountingReport } from './counting-report.js';
import { Spool } from './spool.js';
import { zip } from './zip.js';

/** Of the manifest: counts up when a reader of it would have to change. */
const VERSION = 1;

/**
 * The files of a format, `errors.jsonl` with the items that have no answer and why, and `manifest.json` about all of
 * it: last, as it has a checksum of every other file.
 */
export async function* exportArchive(
  format: ExportFormat,
  source: ExportSource,
): AsyncGenerator<Uint8Array> {
  const [errors, index] = [new Spool(), new Spool()];
  const report = new CountingReport();
  const frozen = freezeSource(source, async (item) => {
    report.countItem(item.state);
    if (item.state !== 'succeeded') await errors.write(errorLine(item));
  });
  async function* files(): AsyncGenerator<ExportFile> {
    yield* format.files(frozen, report);
    yield { path: 'errors.jsonl', content: errors.read() };
    yield { path: 'manifest.json', content: manifest(format, source.job, report, index) };
  }
  try {
    yield* zip(files(), async (file) => {
      const separator = index.bytes === 0 ? '\n' : ',\n';
      await index.write(Buffer.from(`${separator}    ${JSON.stringify(file)}`));
    });
  } finally {
    await Promise.all([errors.dispose(), index.dispose()]);
  }
}

function errorLine({ n, image, state, error }: ItemResult): Buffer {
  return Buffer.from(`${JSON.stringify({ n, name: image.name, state, error })}\n`);
}

async function* manifest(
  format: ExportFormat,
  job: Job,
  report: CountingReport,
  index: Spool,
): Content {
  const { id, name, model, image_set, tasks, state, outcome, created_at, finished_at } = job;
  const head = {
    version: VERSION,
    format: format.name,
    coordinates:
      'pixels of the upright image (EXIF orientation applied), unless the format says otherwise',
    partial: finished_at === null,
    job: { id, name, model, image_set, tasks, state, outcome, created_at, finished_at },
    counts: report.counts,
    left_out: report.leftOutCounts,
  };
  yield JSON.stringify(head, null, 2).slice(0, -2);
  yield ',\n  "files": [';
  yield* index.read();
  yield '\n  ]\n}\n';
}
