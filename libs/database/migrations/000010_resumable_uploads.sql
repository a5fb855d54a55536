-- Uploads in parts. Each part is an object of its own until all are there and a dispatcher makes images of them.
--
-- open -> assembling (its owner says that all is there) -> done | failed
-- assembling -> open (a part is not what was announced)
-- open -> aborted (by its owner) | expired
CREATE TABLE uploads (
  id           uuid PRIMARY KEY,
  tenant_id    uuid NOT NULL REFERENCES tenants,
  set_id       uuid NOT NULL REFERENCES image_sets,
  name         text NOT NULL,
  bytes        bigint NOT NULL CHECK (bytes > 0),
  part_bytes   bigint NOT NULL CHECK (part_bytes > 0),
  -- Of the whole, where its owner knows it beforehand.
  sha256       bytea,
  -- Signs the URLs of its parts that are taken by the api itself.
  secret       bytea NOT NULL,
  state        text NOT NULL DEFAULT 'open'
               CHECK (state IN ('open', 'assembling', 'done', 'failed', 'aborted', 'expired')),
  -- Counts leases: whoever holds an older fence can end nothing.
  fence        integer NOT NULL DEFAULT 0,
  -- Leases that ended by a crash.
  losses       integer NOT NULL DEFAULT 0,
  lease_until  timestamptz,
  -- Not before: after trouble that passes by itself.
  ready_at     timestamptz NOT NULL DEFAULT now(),
  counts       jsonb,
  error        jsonb,
  created_at   timestamptz NOT NULL DEFAULT now(),
  expires_at   timestamptz NOT NULL,
  finished_at  timestamptz,
  -- Until then a part may still be written by whoever holds its URL.
  urls_until   timestamptz NOT NULL DEFAULT now(),
  -- When its parts are to be removed from the store; null while they are needed, and when they are gone.
  sweep_at     timestamptz
) WITH (fillfactor = 70);
CREATE INDEX uploads_by_tenant ON uploads (tenant_id, id DESC);
CREATE INDEX uploads_by_set ON uploads (set_id) WHERE state IN ('open', 'assembling');
CREATE INDEX uploads_assembling ON uploads (ready_at) WHERE state = 'assembling';
CREATE INDEX uploads_open ON uploads (expires_at) WHERE state = 'open';
CREATE INDEX uploads_to_sweep ON uploads (sweep_at) WHERE sweep_at IS NOT NULL;

-- What each part was announced to be when its URL was given.
CREATE TABLE upload_parts (
  upload_id  uuid NOT NULL REFERENCES uploads ON DELETE CASCADE,
  n          integer NOT NULL CHECK (n >= 0),
  md5        bytea NOT NULL CHECK (length(md5) = 16),
  PRIMARY KEY (upload_id, n)
);
