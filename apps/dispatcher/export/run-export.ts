import { AppError, publicId } from '#contracts';
import {
  endExport,
  findJob,
  recordExportObject,
  renewExport,
  type HeldExport,
  type JobRecord,
} from '#database';
import { EXPORT_FORMATS, exportJob, type ExportSource } from '#exports';
import { bucketObject } from '#intake';
import { LeaseLostError } from '#lease';
import { jobExportSource } from '#results';
import type { CustomerBucket } from '#storage';
import { exportManifest } from './export-manifest.js';
import type { ExportParts } from './export-parts.js';
import { openExportBucket } from './open-export-bucket.js';
import { partBytesOf } from './part-size.js';
import { writeObject } from './write-object.js';

export interface ExportRun {
  readonly held: HeldExport;
  /** Counts up while it is read, for whoever asks how far it is. */
  readonly progress: { itemsRead: number };
  /** Aborts when it is another's, cancelled, or this process stops. */
  readonly signal: AbortSignal;
}

/**
 * Makes an export and ends it. What its bucket has of it from an earlier holder is not sent again; the manifest is
 * written last, so where there is one the object is whole.
 * Errors: those of the bucket, the database and the store; `LeaseLostError`; `job.running`, `export.too_large`.
 */
export async function runExport(parts: ExportParts, run: ExportRun): Promise<void> {
  const { held, signal } = run;
  const { database } = parts;
  const job = await requireJob(parts, held);
  const bucket = openExportBucket(parts, held);
  try {
    const whole =
      held.sha256 === null
        ? await writeArchive(parts, bucket, run, job)
        : { bytes: held.bytes, sha256: held.sha256 };
    const { key } = bucketObject(held.object);
    const manifest = exportManifest({ held, job, key, ...whole });
    await bucket.put(`${key}.manifest.json`, manifest, 'application/json', signal);
  } finally {
    bucket.close();
  }
  if (!(await endExport(database, held, { state: 'completed' }))) throw new LeaseLostError();
}

async function writeArchive(
  parts: ExportParts,
  bucket: CustomerBucket,
  run: ExportRun,
  job: JobRecord,
): Promise<{ bytes: number; sha256: string }> {
  const { held, progress, signal } = run;
  const { database, store, limits } = parts;
  const format = EXPORT_FORMATS[held.format];
  const { imageBytes } = limits;
  const source = jobExportSource({ database, store, imageBytes }, held.tenantId, job);
  const whole = await writeObject(
    { database, bucket, held, signal },
    {
      key: bucketObject(held.object).key,
      mediaType: format.mediaType,
      content: exportJob(format, counted(source, progress)),
      partBytes: partBytesOf(held.format, job.itemCount),
      check: async () => {
        await requireWanted(parts, run);
        await requireSame(parts, held, job);
      },
    },
  );
  const isOurs = await recordExportObject(database, held, { ...whole, ...progress });
  if (!isOurs) throw new LeaseLostError();
  return whole;
}

async function requireJob({ database }: ExportParts, held: HeldExport): Promise<JobRecord> {
  const job = await findJob(database, held.tenantId, held.jobId);
  if (job === undefined) throw new LeaseLostError();
  if (job.finishedAt === null && !held.partial) {
    const id = publicId('job', job.id);
    throw new AppError('job.running', `${id} runs again. Order the export when it has ended.`);
  }
  return job;
}

/** The next heartbeat may come when the object is there: what was cancelled before must not be. */
async function requireWanted({ database, limits }: ExportParts, run: ExportRun): Promise<void> {
  const lease = { leaseMs: limits.leaseMs, ...run.progress };
  const renewed = await renewExport(database, run.held, lease);
  if (renewed === undefined || renewed.cancelling) throw new LeaseLostError();
}

/** Failures of a job that are done again while it is read would be in some places of the export and not in others. */
async function requireSame(parts: ExportParts, held: HeldExport, job: JobRecord): Promise<void> {
  if (held.partial) return;
  const now = await requireJob(parts, held);
  if (now.finishedAt?.getTime() === job.finishedAt?.getTime()) return;
  throw new AppError('export.job_changed', 'The job has changed while it was read.', {
    retryable: true,
  });
}

function counted(source: ExportSource, progress: ExportRun['progress']): ExportSource {
  async function* results() {
    progress.itemsRead = 0;
    for await (const item of source.results()) {
      progress.itemsRead += 1;
      yield item;
    }
  }
  return { job: source.job, picture: (item) => source.picture(item), results };
}
