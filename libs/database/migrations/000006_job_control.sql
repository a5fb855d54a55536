-- Pause and resume, and lists of jobs by what they are.

-- queued | running <-> paused; paused -> cancelling; a paused job whose leased items were its last completes.
ALTER TABLE jobs DROP CONSTRAINT jobs_state_check;
ALTER TABLE jobs ADD CONSTRAINT jobs_state_check
  CHECK (state IN ('queued', 'running', 'paused', 'cancelling', 'completed', 'cancelled'));
-- Its last pause, until none of its shards is held any more.
ALTER TABLE jobs ADD COLUMN held_since timestamptz;
CREATE INDEX jobs_held ON jobs (id) WHERE held_since IS NOT NULL;

-- ready | dispatched -> held (its job is paused) -> ready. A state of its own, so that the feed, which looks at
-- the first ready shards only, never has to step over those of a paused job.
ALTER TABLE shards DROP CONSTRAINT shards_state_check;
ALTER TABLE shards ADD CONSTRAINT shards_state_check
  CHECK (state IN ('ready', 'held', 'dispatched', 'leased', 'done', 'cancelled'));
-- Those that nobody holds a lease on, for pause, resume and cancel.
CREATE INDEX shards_waiting ON shards (job_id) WHERE state IN ('ready', 'held', 'dispatched');

-- How a job ended; null while it has not.
CREATE FUNCTION outcome_of(job jobs) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN job.state = 'cancelled' THEN 'cancelled'
              WHEN job.state <> 'completed' THEN NULL
              WHEN job.failed = 0 THEN 'succeeded'
              WHEN job.succeeded = 0 THEN 'failed'
              ELSE 'partly_failed' END
$$;

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
    'metadata', job.metadata,
    'created_at', shown_time(job.created_at),
    'started_at', shown_time(job.started_at),
    'finished_at', shown_time(job.finished_at))
$$;

CREATE TRIGGER job_paused AFTER UPDATE OF state ON jobs FOR EACH ROW
  WHEN (NEW.lane = 'bulk' AND OLD.state <> 'paused' AND NEW.state = 'paused')
  EXECUTE FUNCTION tell_job('job.paused');
CREATE TRIGGER job_resumed AFTER UPDATE OF state ON jobs FOR EACH ROW
  WHEN (NEW.lane = 'bulk' AND OLD.state = 'paused' AND NEW.state IN ('queued', 'running'))
  EXECUTE FUNCTION tell_job('job.resumed');
