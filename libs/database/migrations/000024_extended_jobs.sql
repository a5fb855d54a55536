-- A job that has ended may be asked more: it opens again, and each of its images is asked the new tasks only.

ALTER TABLE jobs
  -- How often it was opened again, by a retry or by more tasks.
  ADD COLUMN run           integer NOT NULL DEFAULT 0,
  -- The first task that this run asks; what comes before was answered in earlier ones.
  ADD COLUMN first_task    integer NOT NULL DEFAULT 0,
  -- Items that had failed before its tasks were extended and that stay as they are: its failure rate leaves them out.
  ADD COLUMN failed_before integer NOT NULL DEFAULT 0;
ALTER TABLE shards
  ADD COLUMN run        integer NOT NULL DEFAULT 0,
  -- Its items are asked the tasks from this one on, and their answers are numbered so.
  ADD COLUMN first_task integer NOT NULL DEFAULT 0;
-- The run in which it came to its end. To a shard of a later run it is still to be done: its row keeps the answers
-- that it has, and the new ones are put behind them.
ALTER TABLE items ADD COLUMN run integer NOT NULL DEFAULT 0;

-- Answers that an item of the job still needs, on average.
CREATE OR REPLACE FUNCTION tasks_per_item(job jobs) RETURNS double precision LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(job.own_tasks, jsonb_array_length(job.tasks) - job.first_task)
$$;

-- Input: what of a job has failed and ended so far. Output: whether that is more than it may, in this run.
CREATE OR REPLACE FUNCTION fails_too_often(job jobs, failed integer, ended integer) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(ended - job.failed_before >= job.failure_rate_min_items
                  AND failed - job.failed_before > job.max_failure_rate * (ended - job.failed_before), false)
$$;

CREATE FUNCTION log_job_extended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO job_log (job_id, level, code, detail)
  VALUES (NEW.id, 'info', 'job.extended',
          jsonb_build_object('tasks', jsonb_array_length(NEW.tasks) - jsonb_array_length(OLD.tasks),
                             'items', NEW.item_count - NEW.succeeded - NEW.failed - NEW.cancelled));
  RETURN NULL;
END $$;
CREATE TRIGGER job_log_extended AFTER UPDATE OF tasks ON jobs FOR EACH ROW
  WHEN (NEW.lane = 'bulk' AND OLD.tasks <> NEW.tasks) EXECUTE FUNCTION log_job_extended();
CREATE TRIGGER job_extended AFTER UPDATE OF tasks ON jobs FOR EACH ROW
  WHEN (NEW.lane = 'bulk' AND OLD.tasks <> NEW.tasks) EXECUTE FUNCTION tell_job('job.extended');
