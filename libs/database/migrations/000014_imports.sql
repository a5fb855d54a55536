-- Imports: images that a manifest or a bucket names, fetched by whichever dispatcher has room.

-- listing -> fetching -> completed; listing | fetching -> failed | cancelled
CREATE TABLE imports (
  id           uuid PRIMARY KEY,
  tenant_id    uuid NOT NULL REFERENCES tenants,
  set_id       uuid NOT NULL REFERENCES image_sets ON DELETE CASCADE,
  name         text,
  source       text NOT NULL CHECK (source IN ('manifest', 'bucket')),
  state        text NOT NULL DEFAULT 'listing'
               CHECK (state IN ('listing', 'fetching', 'completed', 'failed', 'cancelled')),
  -- Kept by the statements that find and end rows; while it lists there may be more to find.
  found        integer NOT NULL DEFAULT 0,
  accepted     integer NOT NULL DEFAULT 0,
  duplicate    integer NOT NULL DEFAULT 0,
  refused      integer NOT NULL DEFAULT 0,
  chunks       integer NOT NULL DEFAULT 0,
  -- The first lines that could not be used: [{line, code, detail}].
  line_errors  jsonb NOT NULL DEFAULT '[]',
  error        jsonb,
  -- When rows were last found: who receives a manifest may die.
  seen_at      timestamptz NOT NULL DEFAULT now(),
  created_at   timestamptz NOT NULL DEFAULT now(),
  finished_at  timestamptz
) WITH (fillfactor = 50);
CREATE INDEX imports_by_set ON imports (set_id, id DESC);
CREATE INDEX imports_unfinished ON imports (set_id) WHERE state IN ('listing', 'fetching');

-- Rows of an import that have not ended, some hundred together: the unit of lease and retry. A row that has
-- ended leaves its chunk in the transaction that counts it, and an empty chunk is gone.
-- While somebody holds it, `due_at` equals `lease_until`: if the holder dies, it is due again.
CREATE TABLE import_chunks (
  import_id    uuid NOT NULL REFERENCES imports ON DELETE CASCADE,
  n            integer NOT NULL,
  tenant_id    uuid NOT NULL,
  rows         jsonb NOT NULL,
  -- Passes over what is left.
  attempts     integer NOT NULL DEFAULT 0,
  due_at       timestamptz NOT NULL DEFAULT now(),
  lease_until  timestamptz,
  -- Counts claims: whoever holds an older fence commits nothing.
  fence        integer NOT NULL DEFAULT 0,
  PRIMARY KEY (import_id, n)
) WITH (fillfactor = 70);
CREATE INDEX import_chunks_due ON import_chunks (tenant_id, due_at);
CREATE INDEX import_chunks_leased ON import_chunks (tenant_id) WHERE lease_until IS NOT NULL;

-- Custom ids of the manifest that is being received, to tell one that comes twice; gone when all has come.
-- By hash: an id is as long as its owner likes.
CREATE UNLOGGED TABLE import_ids (
  import_id    uuid NOT NULL,
  hash         uuid NOT NULL,
  line         integer NOT NULL,
  PRIMARY KEY (import_id, hash)
);
