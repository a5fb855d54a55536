-- Browsers that are signed in: an API key turned into a cookie, whose SHA-256 is kept, and no more. A session
-- ends with its key.
CREATE TABLE sessions (
  hash       bytea PRIMARY KEY,
  api_key_id uuid NOT NULL REFERENCES api_keys ON DELETE CASCADE,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL
);
CREATE INDEX sessions_of_key ON sessions (api_key_id, expires_at);
