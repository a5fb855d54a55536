-- Exports into a customer's bucket, each made by one dispatcher at a time.

-- queued -> running -> completed | failed; queued -> cancelled; running -> cancelling -> cancelled
CREATE TABLE exports (
  id           uuid PRIMARY KEY,
  tenant_id    uuid NOT NULL REFERENCES tenants,
  -- A preview goes after an hour, with what was made of it.
  job_id       uuid NOT NULL REFERENCES jobs ON DELETE CASCADE,
  format       text NOT NULL,
  partial      boolean NOT NULL,
  -- {region, endpoint, credentials}; the credentials are sealed (libs/secrets), and gone when it has ended.
  bucket       jsonb NOT NULL,
  -- s3://bucket/key
  object       text NOT NULL,
  state        text NOT NULL DEFAULT 'queued'
               CHECK (state IN ('queued', 'running', 'cancelling', 'completed', 'failed', 'cancelled')),
  items_total  integer NOT NULL,
  items_read   integer NOT NULL DEFAULT 0,
  bytes        bigint NOT NULL DEFAULT 0,
  -- Known once the object is whole; then only its manifest is to be written.
  sha256       text,
  -- Of the multipart upload that is open in the bucket.
  upload_id    text,
  -- While somebody holds it, the end of the lease: if the holder dies, it is due again.
  due_at       timestamptz NOT NULL DEFAULT now(),
  -- Counts claims: whoever holds an older one records nothing.
  fence        integer NOT NULL DEFAULT 0,
  failures     integer NOT NULL DEFAULT 0,
  error        jsonb,
  created_at   timestamptz NOT NULL DEFAULT now(),
  started_at   timestamptz,
  finished_at  timestamptz
) WITH (fillfactor = 50);
CREATE INDEX exports_by_job ON exports (job_id, id DESC);
CREATE INDEX exports_unfinished ON exports (tenant_id, due_at)
  WHERE state IN ('queued', 'running', 'cancelling');
-- Two at once would each begin an upload of the same object, and could not tell whose is whose.
CREATE UNIQUE INDEX exports_one_to_an_object ON exports (tenant_id, object, coalesce(bucket ->> 'endpoint', ''))
  WHERE state IN ('queued', 'running', 'cancelling');

-- Parts that the bucket has, so that who takes over sends the others only. By hash: bytes that have changed
-- meanwhile are sent again.
CREATE TABLE export_parts (
  export_id    uuid NOT NULL REFERENCES exports ON DELETE CASCADE,
  n            integer NOT NULL,
  sha256       bytea NOT NULL,
  etag         text NOT NULL,
  PRIMARY KEY (export_id, n)
);

-- Whoever ends an export, by whatever statement: what we were trusted with is not kept any longer.
CREATE FUNCTION forget_export_bucket() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.bucket := NEW.bucket - 'credentials';
  NEW.upload_id := NULL;
  DELETE FROM export_parts WHERE export_id = NEW.id;
  RETURN NEW;
END $$;
CREATE TRIGGER export_ended BEFORE UPDATE OF state ON exports FOR EACH ROW
  WHEN (NEW.state IN ('completed', 'failed', 'cancelled')) EXECUTE FUNCTION forget_export_bucket();

-- As GET /v1/exports/{id} shows it; a test holds the two together.
CREATE FUNCTION shown_export(export exports) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object(
    'object', 'export',
    'id', 'exp_' || replace(export.id::text, '-', ''),
    'job', 'job_' || replace(export.job_id::text, '-', ''),
    'format', export.format,
    'partial', export.partial,
    'state', export.state,
    'destination', export.object,
    'manifest', export.object || '.manifest.json',
    'items', jsonb_build_object('total', export.items_total, 'read', export.items_read),
    'bytes', export.bytes,
    'sha256', export.sha256,
    'error', export.error,
    'created_at', shown_time(export.created_at),
    'started_at', shown_time(export.started_at),
    'finished_at', shown_time(export.finished_at))
$$;

CREATE FUNCTION tell_export() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM tell_webhooks(NEW.tenant_id, TG_ARGV[0], NEW.id, shown_export(NEW));
  RETURN NULL;
END $$;
CREATE TRIGGER export_completed AFTER UPDATE OF state ON exports FOR EACH ROW
  WHEN (OLD.state <> 'completed' AND NEW.state = 'completed') EXECUTE FUNCTION tell_export('export.completed');
CREATE TRIGGER export_failed AFTER UPDATE OF state ON exports FOR EACH ROW
  WHEN (OLD.state <> 'failed' AND NEW.state = 'failed') EXECUTE FUNCTION tell_export('export.failed');
