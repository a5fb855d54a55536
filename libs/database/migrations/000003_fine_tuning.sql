-- Fine-tuning: files of examples, jobs that train on them, and models that belong to one tenant.

CREATE TABLE training_files (
  id          uuid PRIMARY KEY,
  tenant_id   uuid NOT NULL REFERENCES tenants,
  name        text NOT NULL,
  bytes       bigint NOT NULL,
  sha256      bytea NOT NULL,
  created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX training_files_by_tenant ON training_files (tenant_id, id DESC);

-- A model with a tenant is that tenant's alone; one without is everybody's.
ALTER TABLE models ADD COLUMN tenant_id uuid REFERENCES tenants;
-- Where the object store has it, for whoever starts a worker for it; null for what workers bring themselves.
ALTER TABLE models ADD COLUMN stored_at text;

-- A trainer says which bases it has; what no trainer ever had, no job may name.
CREATE TABLE trainers (
  id          uuid PRIMARY KEY,
  host        text NOT NULL,
  pid         integer NOT NULL,
  bases       text[] NOT NULL,
  seen_at     timestamptz NOT NULL DEFAULT now()
);

-- queued -> running (claim) -> succeeded | failed
-- running -> queued (given back, or lease expired: claimed again), running -> cancelling -> cancelled
-- queued -> cancelled, cancelled | failed -> queued (resume)
CREATE TABLE fine_tunings (
  id               uuid PRIMARY KEY,
  tenant_id        uuid NOT NULL REFERENCES tenants,
  base             text NOT NULL,
  training_file    uuid NOT NULL REFERENCES training_files,
  validation_file  uuid REFERENCES training_files,
  set_id           uuid REFERENCES image_sets,
  -- Method, hyperparameters and seed, with their defaults.
  plan             jsonb NOT NULL,
  suffix           text,
  precision        text NOT NULL,
  metadata         jsonb NOT NULL DEFAULT '{}',
  state            text NOT NULL DEFAULT 'queued'
                   CHECK (state IN ('queued', 'running', 'cancelling', 'succeeded', 'failed', 'cancelled')),
  -- Counts leases: whoever holds an older fence can commit nothing.
  fence            integer NOT NULL DEFAULT 0,
  -- Leases that ended by a crash since the last checkpoint.
  losses           integer NOT NULL DEFAULT 0,
  trainer_id       uuid,
  lease_until      timestamptz,
  -- Not before: after trouble that passes by itself.
  ready_at         timestamptz NOT NULL DEFAULT now(),
  step             integer NOT NULL DEFAULT 0,
  steps            integer,
  -- Number of the last event.
  events           integer NOT NULL DEFAULT 0,
  model            text REFERENCES models,
  error            jsonb,
  created_at       timestamptz NOT NULL DEFAULT now(),
  started_at       timestamptz,
  finished_at      timestamptz
) WITH (fillfactor = 50);
CREATE INDEX fine_tunings_by_tenant ON fine_tunings (tenant_id, id DESC);
CREATE INDEX fine_tunings_open ON fine_tunings (id) WHERE state IN ('queued', 'running', 'cancelling');

CREATE TABLE fine_tuning_events (
  job_id      uuid NOT NULL REFERENCES fine_tunings,
  n           integer NOT NULL,
  type        text NOT NULL,
  level       text NOT NULL,
  message     text NOT NULL,
  step        integer,
  data        jsonb NOT NULL DEFAULT '{}',
  created_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (job_id, n)
);
-- Steps after the last checkpoint are computed again by whoever takes over, and told once.
CREATE UNIQUE INDEX fine_tuning_events_once ON fine_tuning_events (job_id, type, step)
  WHERE type IN ('step', 'evaluation', 'checkpoint');

CREATE TABLE fine_tuning_checkpoints (
  job_id      uuid NOT NULL REFERENCES fine_tunings,
  step        integer NOT NULL,
  -- Where the object store has its files; carries the fence, so no two trainers ever write there.
  stored_at   text NOT NULL,
  bytes       bigint NOT NULL,
  created_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (job_id, step)
);

-- Who waits for a model that no worker serves yet.
CREATE INDEX jobs_open_by_model ON jobs (model) WHERE state IN ('queued', 'running', 'cancelling');
