import { AppError } from '#contracts';

/** The one place where codes become HTTP statuses. What is not here is our fault: 500. */
const STATUSES: Readonly<Record<string, number>> = {
  'request.invalid': 400,
  'request.malformed': 400,
  'request.headers_too_large': 431,
  'cursor.invalid': 400,
  'idempotency.invalid_key': 400,
  'upload.malformed': 400,
  'upload.aborted': 400,
  'upload.no_checksum': 400,
  'upload.wrong_checksum': 400,
  'upload.wrong_length': 400,
  'prediction.no_image': 400,
  'prediction.too_many_images': 400,
  'events.invalid_id': 400,
  'file.none': 400,
  'file.empty': 400,
  'file.too_many': 400,
  'auth.missing': 401,
  'auth.invalid': 401,
  'auth.scope': 403,
  'auth.cross_site': 403,
  'route.not_found': 404,
  'request.too_slow': 408,
  'batch.ended': 409,
  'file.in_use': 409,
  'file.wrong_purpose': 422,
  'set.sealed': 409,
  'set.empty': 409,
  'set.no_tasks': 409,
  'set.open': 409,
  'set.full': 409,
  'set.in_use': 409,
  'set.deleted': 409,
  'set.uploading': 409,
  'upload.not_open': 409,
  'upload.incomplete': 409,
  'upload.too_many': 409,
  // Of two requests of the same client: no fault of the server that would call somebody.
  'upload.content_removed': 409,
  'set.importing': 409,
  'import.ended': 409,
  'export.ended': 409,
  'model_import.ended': 409,
  'export.in_progress': 409,
  'export.too_many': 409,
  'bucket.bad_uri': 422,
  'secrets.no_key': 422,
  'import.too_many': 409,
  'manifest.cut': 400,
  'manifest.too_many_rows': 413,
  'correction.no_answer': 409,
  'job.running': 409,
  'job.cancelling': 409,
  'job.ended': 409,
  'job.nothing_to_retry': 409,
  'job.nothing_to_extend': 409,
  'job.own_tasks': 409,
  'job.too_many_tasks': 409,
  'key.last': 409,
  'key.too_many': 409,
  'webhook.disabled': 409,
  'webhook.too_many': 409,
  'worker.lost': 409,
  'tuning.cancelling': 409,
  'tuning.finished': 409,
  'tuning.not_finished': 409,
  'tuning.no_result': 404,
  'idempotency.in_progress': 409,
  'request.too_large': 413,
  'upload.too_many_files': 413,
  'upload.too_large': 413,
  'image.too_large': 413,
  'file.too_large': 413,
  'request.unsupported_media_type': 415,
  'upload.too_many_parts': 422,
  'upload.no_such_part': 422,
  'job.deadline_passed': 422,
  'model.unknown': 422,
  'model.none': 422,
  'model.ambiguous': 422,
  'tuning.no_trainer': 422,
  'tuning.unknown_base': 422,
  'outgoing.bad_url': 422,
  'outgoing.forbidden_url': 422,
  'outgoing.forbidden_address': 422,
  'idempotency.mismatch': 422,
  'quota.job_items': 409,
  'quota.stored_bytes': 409,
  'quota.images': 409,
  'quota.image_sets': 409,
  'quota.jobs': 429,
  'quota.queued_items': 429,
  'events.too_many': 429,
  'rate.limited': 429,
  'completion.not_in_time': 503,
  'server.busy': 503,
  'secrets.unreadable': 503,
  'spool.failed': 503,
  'database.unavailable': 503,
  'database.full': 503,
};

const NOT_FOUND =
  /^(set|upload|import|export|model_import|job|tuning|file|batch|image|tenant|key|worker|request|webhook|delivery)\.not_found$/;

/** A picture that was refused, where one was required. */
const UNREADABLE_IMAGE = /^(image|zip|tar)\./;

export function statusOf(error: AppError): number {
  const known = STATUSES[error.code];
  if (known !== undefined) return known;
  if (NOT_FOUND.test(error.code)) return 404;
  if (UNREADABLE_IMAGE.test(error.code)) return 422;
  return error.retryable ? 503 : 500;
}

/** Seconds after which the same request may do better. */
export function retryAfterOf(error: AppError, status: number): number | undefined {
  const asked = error.context['retry_after'];
  if (typeof asked === 'number') return asked;
  if (status === 503 || status === 429) return 5;
  return error.retryable && status === 409 ? 1 : undefined;
}
