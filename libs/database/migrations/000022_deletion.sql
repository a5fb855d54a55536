-- Deletion of image sets and images, with their bytes.

-- From then on nobody finds the set. Its row stays for the jobs that were run over it, and so do its images' names
-- and hashes where there are such jobs; the rest is swept in steps.
ALTER TABLE image_sets ADD COLUMN deleted_at timestamptz;
CREATE TABLE set_deletions (
  set_id     uuid PRIMARY KEY REFERENCES image_sets,
  tenant_id  uuid NOT NULL,
  -- Images below this number are done.
  next_n     integer NOT NULL DEFAULT 0
);

-- Whether anybody refers to a content still.
CREATE INDEX images_by_content ON images (sha256);
CREATE INDEX jobs_open_by_set ON jobs (set_id)
  WHERE state IN ('queued', 'running', 'paused', 'cancelling');

-- Contents whose bytes have to leave the store, and those that have left lately. Whoever stores the same content
-- again waits until they are gone; whoever had stored it before finds here that it went.
CREATE TABLE removed_blobs (
  tenant_id   uuid NOT NULL,
  sha256      bytea NOT NULL,
  removed_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  is_gone     boolean NOT NULL DEFAULT false,
  PRIMARY KEY (tenant_id, sha256)
);
CREATE INDEX removed_blobs_to_go ON removed_blobs (removed_at) WHERE NOT is_gone;
