-- What ends a job before its last item, and jobs that were made from others.

ALTER TABLE jobs
  ADD COLUMN max_failure_rate       double precision,
  ADD COLUMN failure_rate_min_items integer NOT NULL DEFAULT 100,
  ADD COLUMN deadline_at            timestamptz,
  -- Set when it is stopped; what it did not do ends as cancelled, but nobody has cancelled it.
  ADD COLUMN stop_reason            text CHECK (stop_reason IN ('failure_rate', 'deadline')),
  -- No foreign key: the job may have been a preview, which is swept.
  ADD COLUMN restarted_from         uuid;
CREATE INDEX jobs_by_deadline ON jobs (deadline_at)
  WHERE deadline_at IS NOT NULL AND state IN ('queued', 'running', 'paused');

-- How a job ended; null while it has not.
CREATE OR REPLACE FUNCTION outcome_of(job jobs) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN job.state = 'cancelled' THEN 'cancelled'
              WHEN job.state <> 'completed' THEN NULL
              WHEN job.cancelled > 0 AND job.stop_reason = 'deadline' THEN 'expired'
              WHEN job.cancelled > 0 AND job.stop_reason = 'failure_rate' THEN 'failed'
              WHEN job.failed = 0 THEN 'succeeded'
              WHEN job.succeeded = 0 THEN 'failed'
              ELSE 'partly_failed' END
$$;

-- Input: what of a job has failed and ended so far. Output: whether that is more than it may.
CREATE FUNCTION fails_too_often(job jobs, failed integer, ended integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(ended >= job.failure_rate_min_items AND failed > job.max_failure_rate * ended, false)
$$;

-- As GET /v1/jobs/{id} shows it; a test holds the two together.
CREATE OR REPLACE FUNCTION shown_job(job jobs) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object(
    'object', 'job',
    'id', 'job_' || replace(job.id::text, '-', ''),
    'name', job.name,
    'image_set', 'set_' || replace(job.set_id::text, '-', ''),
    'model', job.model,
    'tasks', shown_tasks(job),
    'priority', job.priority,
    'state', job.state,
    'outcome', outcome_of(job),
    'item_counts', jsonb_build_object('total', job.item_count, 'succeeded', job.succeeded,
                                      'failed', job.failed, 'cancelled', job.cancelled),
    'error_counts', job.error_counts,
    'progress', CASE WHEN job.item_count = 0 THEN 1
                     ELSE (job.succeeded + job.failed + job.cancelled)::float8 / job.item_count END,
    'cache', job.cache,
    'max_failure_rate', job.max_failure_rate,
    'failure_rate_min_items', job.failure_rate_min_items,
    'deadline_at', shown_time(job.deadline_at),
    'stop_reason', job.stop_reason,
    'restarted_from', 'job_' || replace(job.restarted_from::text, '-', ''),
    'metadata', job.metadata,
    'created_at', shown_time(job.created_at),
    'started_at', shown_time(job.started_at),
    'finished_at', shown_time(job.finished_at))
$$;
