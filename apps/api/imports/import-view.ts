import { publicId, type Import } from '#contracts';
import type { ImportRecord } from '#database';

export function viewImport(record: ImportRecord): Import {
  const { found, accepted, duplicate, refused } = record;
  return {
    object: 'import',
    id: publicId('import', record.id),
    image_set: publicId('set', record.setId),
    name: record.name,
    source: record.source,
    state: record.state,
    row_counts: { found, accepted, duplicate, refused },
    line_errors: [...record.lineErrors],
    error: record.error,
    created_at: record.createdAt.toISOString(),
    finished_at: record.finishedAt?.toISOString() ?? null,
  };
}
