import { AppError, publicId, type ExportFormatName } from '#contracts';
import type { JobRecord } from '#database';
import { EXPORT_FORMATS } from '#exports';

/** What an export is called, wherever it goes. */
export const exportFileName = (jobId: string, format: ExportFormatName): string =>
  `${publicId('job', jobId)}-${format}.${EXPORT_FORMATS[format].extension}`;

/** Errors: `job.running`, unless a part is wanted. */
export function requireEnded(job: JobRecord, isPartial: boolean): void {
  if (job.finishedAt !== null || isPartial) return;
  throw new AppError(
    'job.running',
    'The job still runs. Wait for its end, or send `partial=true` for what has ended so far.',
  );
}
