-- Webhooks: who wants to be told, what there was to tell (the outbox), and every attempt at telling it.

-- A UUID of version 7, as the processes make them: ids sort by age.
CREATE FUNCTION new_uuid7() RETURNS uuid LANGUAGE sql VOLATILE AS $$
  SELECT encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) PLACING
    substring(int8send(floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
    FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid
$$;

-- enabled <-> disabled (by its owner, by 410, by days of failure); either -> removed, and swept in steps.
CREATE TABLE webhook_endpoints (
  id              uuid PRIMARY KEY,
  tenant_id       uuid NOT NULL REFERENCES tenants,
  url             text NOT NULL,
  description     text,
  events          text[] NOT NULL,
  payload         text NOT NULL CHECK (payload IN ('thin', 'full')),
  -- all: every event of the tenant; named: of jobs that name it.
  scope           text NOT NULL CHECK (scope IN ('all', 'named')),
  -- Made by a job that brought a URL: forgotten when no job needs it any more.
  of_job          boolean NOT NULL DEFAULT false,
  state           text NOT NULL DEFAULT 'enabled' CHECK (state IN ('enabled', 'disabled', 'removed')),
  disabled_reason text,
  -- Nothing is sent before: it said that it is overloaded.
  not_before      timestamptz,
  -- First failure since the last success.
  failing_since   timestamptz,
  created_at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX webhook_endpoints_by_tenant ON webhook_endpoints (tenant_id, id DESC) WHERE state <> 'removed';
CREATE INDEX webhook_endpoints_removed ON webhook_endpoints (id) WHERE state = 'removed';

-- The newest one has no end; older ones sign along until theirs.
CREATE TABLE webhook_secrets (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  endpoint_id  uuid NOT NULL REFERENCES webhook_endpoints ON DELETE CASCADE,
  secret       text NOT NULL,
  expires_at   timestamptz
);
CREATE INDEX webhook_secrets_by_endpoint ON webhook_secrets (endpoint_id, id DESC);

-- Jobs that name an endpoint. The job may come later in the same transaction, so that its creation is told.
CREATE TABLE webhook_jobs (
  job_id       uuid NOT NULL REFERENCES jobs DEFERRABLE INITIALLY DEFERRED,
  endpoint_id  uuid NOT NULL REFERENCES webhook_endpoints ON DELETE CASCADE,
  PRIMARY KEY (job_id, endpoint_id)
);
CREATE INDEX webhook_jobs_by_endpoint ON webhook_jobs (endpoint_id);

-- The outbox. Insert-only, and written whether or not anybody listens, so that `recover` can tell it later.
CREATE TABLE webhook_events (
  id          uuid PRIMARY KEY DEFAULT new_uuid7(),
  tenant_id   uuid NOT NULL REFERENCES tenants,
  type        text NOT NULL,
  subject_id  uuid NOT NULL,
  -- The subject as the API showed it at that moment.
  data        jsonb NOT NULL,
  created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX webhook_events_by_tenant ON webhook_events (tenant_id, created_at);
CREATE INDEX webhook_events_by_age ON webhook_events (created_at);

-- pending -> delivered | failed; failed | delivered -> pending (sent again by hand).
-- While somebody sends it, `lease_until` is set and equals `next_attempt_at`: if the sender dies, it is due again.
CREATE TABLE webhook_deliveries (
  id               uuid PRIMARY KEY DEFAULT new_uuid7(),
  tenant_id        uuid NOT NULL,
  endpoint_id      uuid NOT NULL REFERENCES webhook_endpoints ON DELETE CASCADE,
  event_id         uuid NOT NULL REFERENCES webhook_events ON DELETE CASCADE,
  state            text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'failed')),
  -- In all, and of the schedule that runs now.
  attempts         integer NOT NULL DEFAULT 0,
  round_attempts   integer NOT NULL DEFAULT 0,
  next_attempt_at  timestamptz DEFAULT now(),
  lease_until      timestamptz,
  -- Counts claims: whoever holds an older fence records nothing.
  fence            integer NOT NULL DEFAULT 0,
  last_status      integer,
  last_error       text,
  delivered_at     timestamptz,
  created_at       timestamptz NOT NULL DEFAULT now(),
  UNIQUE (endpoint_id, event_id)
);
CREATE INDEX webhook_deliveries_pending ON webhook_deliveries (endpoint_id, next_attempt_at) WHERE state = 'pending';
CREATE INDEX webhook_deliveries_leased ON webhook_deliveries (endpoint_id) WHERE lease_until IS NOT NULL;
CREATE INDEX webhook_deliveries_leased_by_tenant ON webhook_deliveries (tenant_id) WHERE lease_until IS NOT NULL;
CREATE INDEX webhook_deliveries_by_endpoint ON webhook_deliveries (endpoint_id, id DESC);
CREATE INDEX webhook_deliveries_by_event ON webhook_deliveries (event_id);

CREATE TABLE webhook_attempts (
  delivery_id  uuid NOT NULL REFERENCES webhook_deliveries ON DELETE CASCADE,
  n            integer NOT NULL,
  at           timestamptz NOT NULL,
  duration_ms  integer NOT NULL,
  -- Bounded by who writes them.
  request      jsonb NOT NULL,
  response     jsonb,
  error        jsonb,
  PRIMARY KEY (delivery_id, n)
);

-- Input: a change of a subject. Output: its event, and a delivery to each endpoint that wants it, in the
-- transaction of the change. SKIP LOCKED: an endpoint that is just being swept away holds up no job.
CREATE FUNCTION tell_webhooks(tenant uuid, event_type text, subject uuid, shown jsonb)
RETURNS void LANGUAGE sql AS $$
  WITH event AS (
    INSERT INTO webhook_events (tenant_id, type, subject_id, data)
    VALUES (tenant, event_type, subject, shown) RETURNING id
  )
  INSERT INTO webhook_deliveries (tenant_id, endpoint_id, event_id)
  SELECT tenant, wanting.id, event.id FROM event, (
    SELECT id FROM webhook_endpoints AS e
    WHERE e.tenant_id = tenant AND e.state = 'enabled' AND event_type = ANY (e.events)
      AND (e.scope = 'all'
           OR EXISTS (SELECT 1 FROM webhook_jobs j WHERE j.job_id = subject AND j.endpoint_id = e.id))
    FOR KEY SHARE SKIP LOCKED
  ) AS wanting
$$;

CREATE FUNCTION shown_time(at timestamptz) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
$$;

-- As GET /v1/jobs/{id} shows it; a test holds the two together.
CREATE FUNCTION shown_job(job jobs) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object(
    'object', 'job',
    'id', 'job_' || replace(job.id::text, '-', ''),
    'name', job.name,
    'image_set', 'set_' || replace(job.set_id::text, '-', ''),
    'model', job.model,
    'tasks', job.tasks,
    'priority', job.priority,
    'state', job.state,
    'outcome', CASE WHEN job.state = 'cancelled' THEN 'cancelled'
                    WHEN job.state <> 'completed' THEN NULL
                    WHEN job.failed = 0 THEN 'succeeded'
                    WHEN job.succeeded = 0 THEN 'failed'
                    ELSE 'partly_failed' END,
    'item_counts', jsonb_build_object('total', job.item_count, 'succeeded', job.succeeded,
                                      'failed', job.failed, 'cancelled', job.cancelled),
    'progress', CASE WHEN job.item_count = 0 THEN 1
                     ELSE (job.succeeded + job.failed + job.cancelled)::float8 / job.item_count END,
    'metadata', job.metadata,
    'created_at', shown_time(job.created_at),
    'started_at', shown_time(job.started_at),
    'finished_at', shown_time(job.finished_at))
$$;

-- As GET /v1/fine-tuning/jobs/{id} shows it.
CREATE FUNCTION shown_fine_tuning(job fine_tunings) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object(
    'object', 'fine_tuning.job',
    'id', 'ft_' || replace(job.id::text, '-', ''),
    'model', job.base,
    'training_file', 'file_' || replace(job.training_file::text, '-', ''),
    'validation_file', 'file_' || replace(job.validation_file::text, '-', ''),
    'image_set', 'set_' || replace(job.set_id::text, '-', ''),
    'method', job.plan -> 'method',
    'hyperparameters', job.plan -> 'hyperparameters',
    'seed', job.plan -> 'seed',
    'suffix', job.suffix,
    'precision', job.precision,
    'state', job.state,
    'step', job.step,
    'steps', job.steps,
    'checkpoint_step', (SELECT max(step) FROM fine_tuning_checkpoints WHERE job_id = job.id),
    'fine_tuned_model', job.model,
    'error', job.error,
    'metadata', job.metadata,
    'created_at', shown_time(job.created_at),
    'started_at', shown_time(job.started_at),
    'finished_at', shown_time(job.finished_at))
$$;

-- Triggers, not a line in each statement that ends a job: there are six of those, and the seventh would
-- forget. Interactive jobs are predictions, whose client waits; nobody is told of them.
CREATE FUNCTION tell_job() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM tell_webhooks(NEW.tenant_id, TG_ARGV[0], NEW.id, shown_job(NEW));
  RETURN NULL;
END $$;

CREATE TRIGGER job_created AFTER INSERT ON jobs FOR EACH ROW
  WHEN (NEW.lane = 'bulk') EXECUTE FUNCTION tell_job('job.created');
CREATE TRIGGER job_started AFTER UPDATE OF state ON jobs FOR EACH ROW
  WHEN (NEW.lane = 'bulk' AND OLD.state = 'queued' AND NEW.state = 'running')
  EXECUTE FUNCTION tell_job('job.started');
CREATE TRIGGER job_finished AFTER UPDATE OF state ON jobs FOR EACH ROW
  WHEN (NEW.lane = 'bulk' AND OLD.state <> 'completed' AND NEW.state = 'completed')
  EXECUTE FUNCTION tell_job('job.finished');
CREATE TRIGGER job_cancelled AFTER UPDATE OF state ON jobs FOR EACH ROW
  WHEN (NEW.lane = 'bulk' AND OLD.state <> 'cancelled' AND NEW.state = 'cancelled')
  EXECUTE FUNCTION tell_job('job.cancelled');

CREATE FUNCTION tell_fine_tuning() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM tell_webhooks(NEW.tenant_id, TG_ARGV[0], NEW.id, shown_fine_tuning(NEW));
  RETURN NULL;
END $$;

CREATE TRIGGER fine_tuning_created AFTER INSERT ON fine_tunings FOR EACH ROW
  EXECUTE FUNCTION tell_fine_tuning('fine_tuning.created');
CREATE TRIGGER fine_tuning_finished AFTER UPDATE OF state ON fine_tunings FOR EACH ROW
  WHEN (OLD.state <> 'succeeded' AND NEW.state = 'succeeded')
  EXECUTE FUNCTION tell_fine_tuning('fine_tuning.finished');
CREATE TRIGGER fine_tuning_failed AFTER UPDATE OF state ON fine_tunings FOR EACH ROW
  WHEN (OLD.state <> 'failed' AND NEW.state = 'failed')
  EXECUTE FUNCTION tell_fine_tuning('fine_tuning.failed');
CREATE TRIGGER fine_tuning_cancelled AFTER UPDATE OF state ON fine_tunings FOR EACH ROW
  WHEN (OLD.state <> 'cancelled' AND NEW.state = 'cancelled')
  EXECUTE FUNCTION tell_fine_tuning('fine_tuning.cancelled');
