-- What has been answered before, so that the same picture is not asked the same again.

-- A task as one revision of a model is asked it, for one tenant.
CREATE TABLE questions (
  id         integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id  uuid NOT NULL REFERENCES tenants,
  model      text NOT NULL,
  -- Of the weights and of the Pallet that runs them, as the worker's engine says.
  revision   text NOT NULL,
  -- SHA-256 of the task in its normal form.
  task       bytea NOT NULL,
  -- When a worker last asked for the number; one that nobody uses is swept.
  used_at    timestamptz NOT NULL DEFAULT now(),
  UNIQUE (tenant_id, model, revision, task)
);

-- Points to the item that holds the answer. No answer lies here, so forgetting one costs no more than a row,
-- and no foreign keys: a pointer to an item that is gone is a miss, and the next answer replaces it.
-- The content comes first: deletion of a picture looks for it under every question.
CREATE TABLE known_answers (
  job_id       uuid NOT NULL,
  known_at     timestamptz NOT NULL DEFAULT now(),
  n            integer NOT NULL,
  question_id  integer NOT NULL,
  -- Number of the task in that item's answers.
  task         smallint NOT NULL,
  sha256       bytea NOT NULL,
  PRIMARY KEY (sha256, question_id)
);
-- Rows come in order of their age, so a few bytes per megabyte find the old ones.
CREATE INDEX known_answers_by_age ON known_answers USING brin (known_at);

-- Whether workers may take answers that are known, and keep the new ones known.
ALTER TABLE jobs ADD COLUMN cache boolean NOT NULL DEFAULT true;
-- Of the worker that registered last.
ALTER TABLE models ADD COLUMN revision text;

-- As GET /v1/jobs/{id} shows it; a test holds the two together.
CREATE OR REPLACE FUNCTION shown_job(job jobs) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object(
    'object', 'job',
    'id', 'job_' || replace(job.id::text, '-', ''),
    'name', job.name,
    'image_set', 'set_' || replace(job.set_id::text, '-', ''),
    'model', job.model,
    'tasks', job.tasks,
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
