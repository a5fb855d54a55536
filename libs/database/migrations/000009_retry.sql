-- Retry of failed items, and what they failed of.

-- Failed items by their code; kept with the other counters, so that it costs nothing to read.
ALTER TABLE jobs ADD COLUMN error_counts jsonb NOT NULL DEFAULT '{}';

-- Input: two objects of numbers, which may be below 0. Output: their sum; what comes to 0 is left out.
CREATE FUNCTION summed_counts(a jsonb, b jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(jsonb_object_agg(key, total), '{}')
  FROM (SELECT key, sum(value::int) AS total
        FROM (SELECT * FROM jsonb_each_text(a) UNION ALL SELECT * FROM jsonb_each_text(b)) AS every
        GROUP BY key) AS sums
  WHERE total <> 0
$$;

UPDATE jobs SET error_counts = counted.codes
FROM (SELECT job_id, jsonb_object_agg(code, total) AS codes
      FROM (SELECT job_id, coalesce(error_code, 'unknown') AS code, count(*) AS total
            FROM items WHERE state = 'failed' GROUP BY 1, 2) AS by_code
      GROUP BY job_id) AS counted
WHERE jobs.id = counted.job_id;

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
    'metadata', job.metadata,
    'created_at', shown_time(job.created_at),
    'started_at', shown_time(job.started_at),
    'finished_at', shown_time(job.finished_at))
$$;
