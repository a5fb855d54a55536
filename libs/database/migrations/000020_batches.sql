-- Batches of requests, as OpenAI has them: a file of lines becomes an image set whose images bring their own tasks,
-- and a job over it.

-- validating -> in_progress (its job is planned) -> finalizing -> completed
-- validating -> failed (a line is no request), validating -> finalizing (no request can be tried)
-- in_progress -> finalizing -> expired; validating | in_progress -> cancelling -> finalizing -> cancelled
CREATE TABLE batches (
  id                uuid PRIMARY KEY,
  tenant_id         uuid NOT NULL REFERENCES tenants,
  input_file        uuid NOT NULL REFERENCES files,
  endpoint          text NOT NULL,
  completion_window text NOT NULL,
  metadata          jsonb NOT NULL DEFAULT '{}',
  state             text NOT NULL DEFAULT 'validating'
                    CHECK (state IN ('validating', 'in_progress', 'cancelling', 'finalizing',
                                     'failed', 'completed', 'expired', 'cancelled')),
  -- Why it ends before its requests have.
  ending            text CHECK (ending IN ('cancelled', 'expired')),
  -- Of the first request; the others must name the same.
  model             text,
  set_id            uuid NOT NULL REFERENCES image_sets,
  job_id            uuid REFERENCES jobs,
  -- Of whoever validates or finalizes it.
  fence             integer NOT NULL DEFAULT 0,
  lease_until       timestamptz,
  -- Where the validation goes on: bytes and lines of the input that are done with.
  read_bytes        bigint NOT NULL DEFAULT 0,
  read_lines        integer NOT NULL DEFAULT 0,
  requests          integer NOT NULL DEFAULT 0,
  refused           integer NOT NULL DEFAULT 0,
  -- The first lines that are no request, and how many there are in all.
  faults            jsonb NOT NULL DEFAULT '[]',
  fault_count       integer NOT NULL DEFAULT 0,
  output_file       uuid REFERENCES files,
  error_file        uuid REFERENCES files,
  created_at        timestamptz NOT NULL DEFAULT now(),
  expires_at        timestamptz NOT NULL,
  in_progress_at    timestamptz,
  cancelling_at     timestamptz,
  finalizing_at     timestamptz,
  finished_at       timestamptz
) WITH (fillfactor = 70);
CREATE INDEX batches_by_tenant ON batches (tenant_id, id DESC);
CREATE INDEX batches_open ON batches (id)
  WHERE state IN ('validating', 'in_progress', 'cancelling', 'finalizing');
CREATE INDEX batches_validating ON batches (input_file) WHERE state = 'validating';

-- Requests that cannot be tried, each with its reason. `n` is the number of the line, from 1.
CREATE TABLE batch_refusals (
  batch_id   uuid NOT NULL REFERENCES batches,
  n          integer NOT NULL,
  custom_id  text NOT NULL,
  code       text NOT NULL,
  detail     text NOT NULL,
  param      text,
  PRIMARY KEY (batch_id, n)
);
CREATE UNIQUE INDEX batch_refusals_by_custom_id ON batch_refusals (batch_id, md5(custom_id));
