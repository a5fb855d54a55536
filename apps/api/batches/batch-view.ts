import { publicId, type Batch, type BatchStatus } from '#contracts';
import type { BatchRecord } from '#database';

const seconds = (at: Date | null): number | null =>
  at === null ? null : Math.floor(at.getTime() / 1_000);

const fileId = (uuid: string | null): string | null =>
  uuid === null ? null : publicId('file', uuid);

export function viewBatch(batch: BatchRecord): Batch {
  const at = (status: BatchStatus) => (batch.state === status ? seconds(batch.finishedAt) : null);
  return {
    object: 'batch',
    id: publicId('batch', batch.id),
    endpoint: batch.endpoint,
    model: batch.model,
    errors: batch.faults.length === 0 ? null : { object: 'list', data: [...batch.faults] },
    input_file_id: publicId('file', batch.inputFile),
    completion_window: batch.completionWindow,
    status: batch.state,
    output_file_id: fileId(batch.outputFile),
    error_file_id: fileId(batch.errorFile),
    created_at: seconds(batch.createdAt)!,
    in_progress_at: seconds(batch.inProgressAt),
    expires_at: seconds(batch.expiresAt),
    finalizing_at: seconds(batch.finalizingAt),
    completed_at: at('completed'),
    failed_at: at('failed'),
    expired_at: at('expired'),
    cancelling_at: seconds(batch.cancellingAt),
    cancelled_at: at('cancelled'),
    request_counts: {
      total: batch.requests,
      completed: batch.succeeded,
      failed: batch.refused + batch.failed,
    },
    metadata: { ...batch.metadata },
    outcome: outcomeOf(batch),
    job: batch.jobId === null ? null : publicId('job', batch.jobId),
    image_set: publicId('set', batch.setId),
  };
}

/** A batch whose requests all failed never looks like success. */
function outcomeOf({ state, requests, succeeded }: BatchRecord): Batch['outcome'] {
  switch (state) {
    case 'failed':
    case 'cancelled':
    case 'expired':
      return state;
    case 'completed':
      if (succeeded === requests) return 'succeeded';
      return succeeded === 0 ? 'failed' : 'partly_failed';
    default:
      return null;
  }
}
