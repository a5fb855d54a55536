-- What a manifest or a batch says of an image besides its name: what the client calls it, what it wants to
-- find again beside the answer, and what it asks about this one image instead of what the job asks.
ALTER TABLE images
  ADD COLUMN custom_id text,
  ADD COLUMN metadata  jsonb,
  ADD COLUMN tasks     jsonb;

-- The same picture may be there under several ids; without one, name and content say which it is.
DROP INDEX images_once_per_set;
CREATE UNIQUE INDEX images_once_per_set ON images (set_id, name, sha256) WHERE custom_id IS NULL;
CREATE UNIQUE INDEX images_by_custom_id ON images (set_id, custom_id) WHERE custom_id IS NOT NULL;
