import { publicId } from '#contracts';
import type { HeldExport, JobRecord } from '#database';
import { EXPORT_FORMATS } from '#exports';

/** Counts up when a reader of it would have to change. */
const VERSION = 1;

export interface WrittenExport {
  readonly held: HeldExport;
  readonly job: JobRecord;
  readonly key: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** What lies beside an object and says that it is whole. No dates but the job's: the same object has the same one. */
export function exportManifest({ held, job, key, bytes, sha256 }: WrittenExport): Buffer {
  const manifest = {
    version: VERSION,
    format: held.format,
    partial: held.partial,
    job: {
      id: publicId('job', job.id),
      name: job.name,
      model: job.model,
      image_set: publicId('set', job.setId),
      tasks: job.tasks,
      created_at: job.createdAt.toISOString(),
    },
    file: { key, media_type: EXPORT_FORMATS[held.format].mediaType, bytes, sha256 },
  };
  return Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
}
