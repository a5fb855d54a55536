-- What commands that import models tell of themselves: they run where the model's files will be, which no other
-- process of ours sees.
CREATE TABLE model_imports (
  id           uuid PRIMARY KEY,
  tenant_id    uuid NOT NULL REFERENCES tenants,
  model        text NOT NULL,
  source       text NOT NULL,
  precision    text NOT NULL,
  host         text,
  state        text NOT NULL CHECK (state IN ('downloading', 'converting', 'completed', 'failed')),
  -- Of what `state` says is done; a download and a conversion each begin at 0.
  bytes_done   bigint NOT NULL DEFAULT 0,
  bytes_total  bigint,
  -- Of the model that was made.
  model_bytes  bigint,
  error        jsonb,
  created_at   timestamptz NOT NULL DEFAULT now(),
  told_at      timestamptz NOT NULL DEFAULT now(),
  finished_at  timestamptz
);
CREATE INDEX model_imports_by_tenant ON model_imports (tenant_id, id);

CREATE TRIGGER model_imports_note_change AFTER INSERT OR UPDATE ON model_imports
  FOR EACH ROW EXECUTE FUNCTION note_change('model_import');
