-- What happened to a job, for whoever wonders why it takes so long: its states by a trigger, which no statement can
-- forget, and what became of its shards by the statements that know why.
CREATE TABLE job_log (
  id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  job_id  uuid NOT NULL REFERENCES jobs ON DELETE CASCADE,
  at      timestamptz NOT NULL DEFAULT clock_timestamp(),
  level   text NOT NULL CHECK (level IN ('info', 'warning')),
  code    text NOT NULL,
  detail  jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX job_log_by_job ON job_log (job_id, id);

-- Predictions are jobs of one image whose client waits: they have no log.
CREATE FUNCTION log_job_state() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO job_log (job_id, level, code, detail)
  VALUES (NEW.id, CASE WHEN NEW.state = 'completed' AND NEW.failed > 0 THEN 'warning' ELSE 'info' END,
          'job.' || NEW.state,
          jsonb_build_object('total', NEW.item_count, 'succeeded', NEW.succeeded,
                             'failed', NEW.failed, 'cancelled', NEW.cancelled));
  RETURN NULL;
END $$;
CREATE TRIGGER job_log_created AFTER INSERT ON jobs FOR EACH ROW
  WHEN (NEW.lane = 'bulk') EXECUTE FUNCTION log_job_state();
CREATE TRIGGER job_log_moved AFTER UPDATE OF state ON jobs FOR EACH ROW
  WHEN (NEW.lane = 'bulk' AND OLD.state <> NEW.state) EXECUTE FUNCTION log_job_state();

-- As GET /v1/image-sets/{id} shows it; a test holds the two together.
CREATE FUNCTION shown_image_set(image_set image_sets) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object(
    'object', 'image_set',
    'id', 'set_' || replace(image_set.id::text, '-', ''),
    'name', image_set.name,
    'state', image_set.state,
    'image_counts', jsonb_build_object('accepted', image_set.accepted, 'refused', image_set.refused),
    'bytes', image_set.bytes,
    'metadata', image_set.metadata,
    'created_at', shown_time(image_set.created_at),
    'sealed_at', shown_time(image_set.sealed_at))
$$;
CREATE FUNCTION tell_image_set() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM tell_webhooks(NEW.tenant_id, TG_ARGV[0], NEW.id, shown_image_set(NEW));
  RETURN NULL;
END $$;
CREATE TRIGGER image_set_sealed AFTER UPDATE OF sealed_at ON image_sets FOR EACH ROW
  WHEN (OLD.sealed_at IS NULL AND NEW.sealed_at IS NOT NULL) EXECUTE FUNCTION tell_image_set('image_set.sealed');
