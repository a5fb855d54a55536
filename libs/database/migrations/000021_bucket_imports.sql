-- Imports from a customer's bucket: where it is, how far it was listed, and who lists it.
ALTER TABLE imports
  -- {uri, region, endpoint, credentials}; the credentials are sealed (libs/secrets).
  ADD COLUMN bucket        jsonb,
  -- Key of the last object that was seen: a listing goes on after it, on any server and at any time.
  ADD COLUMN list_cursor   text,
  ADD COLUMN list_due_at   timestamptz NOT NULL DEFAULT now(),
  -- Counts claims of the listing: whoever holds an older one adds nothing.
  ADD COLUMN list_fence    integer NOT NULL DEFAULT 0,
  ADD COLUMN list_failures integer NOT NULL DEFAULT 0;
CREATE INDEX imports_to_list ON imports (list_due_at) WHERE state = 'listing' AND source = 'bucket';

-- Whoever ends an import, by whatever statement: what we were trusted with is not kept any longer.
CREATE FUNCTION forget_import_bucket() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.bucket := NEW.bucket - 'credentials';
  RETURN NEW;
END $$;
CREATE TRIGGER import_ended BEFORE UPDATE OF state ON imports FOR EACH ROW
  WHEN (NEW.state IN ('completed', 'failed', 'cancelled') AND NEW.bucket IS NOT NULL)
  EXECUTE FUNCTION forget_import_bucket();
