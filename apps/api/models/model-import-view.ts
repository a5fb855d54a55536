import { publicId, type ModelImport } from '#contracts';
import type { ModelImportRecord } from '#database';

export function viewModelImport(record: ModelImportRecord): ModelImport {
  const { model, source, precision, host, state, error } = record;
  return {
    object: 'model_import',
    id: publicId('model_import', record.id),
    model,
    source,
    precision,
    host,
    state,
    bytes_done: record.bytesDone,
    bytes_total: record.bytesTotal,
    model_bytes: record.modelBytes,
    error,
    created_at: record.createdAt.toISOString(),
    told_at: record.toldAt.toISOString(),
    finished_at: record.finishedAt?.toISOString() ?? null,
  };
}
