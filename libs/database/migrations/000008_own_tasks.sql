-- A job may ask each image the tasks that it brought. Then `tasks` is empty, and this says how many an image brings
-- on average.
ALTER TABLE jobs ADD COLUMN own_tasks double precision CHECK (own_tasks > 0);

-- Answers that an item of the job needs, on average.
CREATE FUNCTION tasks_per_item(job jobs) RETURNS double precision LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(job.own_tasks, jsonb_array_length(job.tasks))
$$;

-- As GET /v1/jobs/{id} shows them.
CREATE FUNCTION shown_tasks(job jobs) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN job.own_tasks IS NULL THEN job.tasks ELSE '"own"' END
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
    'progress', CASE WHEN job.item_count = 0 THEN 1
                     ELSE (job.succeeded + job.failed + job.cancelled)::float8 / job.item_count END,
    'cache', job.cache,
    'metadata', job.metadata,
    'created_at', shown_time(job.created_at),
    'started_at', shown_time(job.started_at),
    'finished_at', shown_time(job.finished_at))
$$;
