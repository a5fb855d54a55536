import { publicId, type Export } from '#contracts';
import type { ExportRecord } from '#database';

/** As `shown_export` in the database has it for webhooks. */
export function viewExport(record: ExportRecord): Export {
  return {
    object: 'export',
    id: publicId('export', record.id),
    job: publicId('job', record.jobId),
    format: record.format,
    partial: record.partial,
    state: record.state,
    destination: record.object,
    manifest: `${record.object}.manifest.json`,
    items: { total: record.itemsTotal, read: record.itemsRead },
    bytes: record.bytes,
    sha256: record.sha256,
    error: record.error,
    created_at: record.createdAt.toISOString(),
    started_at: record.startedAt?.toISOString() ?? null,
    finished_at: record.finishedAt?.toISOString() ?? null,
  };
}
