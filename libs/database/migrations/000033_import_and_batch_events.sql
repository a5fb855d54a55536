-- Webhooks are told how imports and batches end. Their last state is in the row that the statement leaves.

-- As GET /v1/imports/{id} shows it; a test holds the two together.
CREATE FUNCTION shown_import(import imports) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object(
    'object', 'import',
    'id', 'imp_' || replace(import.id::text, '-', ''),
    'image_set', 'set_' || replace(import.set_id::text, '-', ''),
    'name', import.name,
    'source', import.source,
    'state', import.state,
    'row_counts', jsonb_build_object('found', import.found, 'accepted', import.accepted,
                                     'duplicate', import.duplicate, 'refused', import.refused),
    'line_errors', import.line_errors,
    'error', import.error,
    'created_at', shown_time(import.created_at),
    'finished_at', shown_time(import.finished_at))
$$;

CREATE FUNCTION shown_epoch(at timestamptz) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
  SELECT floor(extract(epoch FROM at))::bigint
$$;

-- As GET /v1/batches/{id} shows it: the same test.
CREATE FUNCTION shown_batch(batch batches) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object(
    'object', 'batch',
    'id', 'batch_' || replace(batch.id::text, '-', ''),
    'endpoint', batch.endpoint,
    'model', batch.model,
    'errors', CASE WHEN batch.faults <> '[]' THEN jsonb_build_object('object', 'list', 'data', batch.faults) END,
    'input_file_id', 'file_' || replace(batch.input_file::text, '-', ''),
    'completion_window', batch.completion_window,
    'status', batch.state,
    'output_file_id', 'file_' || replace(batch.output_file::text, '-', ''),
    'error_file_id', 'file_' || replace(batch.error_file::text, '-', ''),
    'created_at', shown_epoch(batch.created_at),
    'in_progress_at', shown_epoch(batch.in_progress_at),
    'expires_at', shown_epoch(batch.expires_at),
    'finalizing_at', shown_epoch(batch.finalizing_at),
    'completed_at', CASE WHEN batch.state = 'completed' THEN shown_epoch(batch.finished_at) END,
    'failed_at', CASE WHEN batch.state = 'failed' THEN shown_epoch(batch.finished_at) END,
    'expired_at', CASE WHEN batch.state = 'expired' THEN shown_epoch(batch.finished_at) END,
    'cancelling_at', shown_epoch(batch.cancelling_at),
    'cancelled_at', CASE WHEN batch.state = 'cancelled' THEN shown_epoch(batch.finished_at) END,
    'request_counts', jsonb_build_object('total', batch.requests, 'completed', answered.succeeded,
                                         'failed', batch.refused + answered.failed),
    'metadata', batch.metadata,
    'outcome', CASE WHEN batch.state IN ('failed', 'cancelled', 'expired') THEN batch.state
                    WHEN batch.state <> 'completed' THEN NULL
                    WHEN answered.succeeded = batch.requests THEN 'succeeded'
                    WHEN answered.succeeded = 0 THEN 'failed'
                    ELSE 'partly_failed' END,
    'job', 'job_' || replace(batch.job_id::text, '-', ''),
    'image_set', 'set_' || replace(batch.set_id::text, '-', ''))
  FROM (SELECT coalesce(max(succeeded), 0) AS succeeded, coalesce(max(failed), 0) AS failed
        FROM jobs WHERE id = batch.job_id) AS answered
$$;

CREATE FUNCTION tell_import() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM tell_webhooks(NEW.tenant_id, 'import.' || NEW.state, NEW.id, shown_import(NEW));
  RETURN NULL;
END $$;
CREATE TRIGGER import_told AFTER UPDATE OF state ON imports FOR EACH ROW
  WHEN (OLD.state <> NEW.state AND NEW.state IN ('completed', 'failed', 'cancelled'))
  EXECUTE FUNCTION tell_import();

CREATE FUNCTION tell_batch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM tell_webhooks(NEW.tenant_id, 'batch.' || NEW.state, NEW.id, shown_batch(NEW));
  RETURN NULL;
END $$;
CREATE TRIGGER batch_told AFTER UPDATE OF state ON batches FOR EACH ROW
  WHEN (OLD.state <> NEW.state AND NEW.state IN ('completed', 'failed', 'expired', 'cancelled'))
  EXECUTE FUNCTION tell_batch();
