-- The truth of Pallet. Times are always the database's now(): client clocks never decide.
-- Needs PostgreSQL 14 (multiranges).

CREATE TABLE tenants (
  id          uuid PRIMARY KEY,
  name        text NOT NULL,
  -- Share of the accelerators when several tenants wait; 2 gets twice what 1 gets.
  weight      integer NOT NULL DEFAULT 1 CHECK (weight > 0),
  created_at  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE api_keys (
  id           uuid PRIMARY KEY,
  tenant_id    uuid NOT NULL REFERENCES tenants,
  name         text NOT NULL,
  -- SHA-256 of the key: it carries 178 bits of entropy, so a slow hash would add nothing.
  hash         bytea NOT NULL UNIQUE,
  hint         text NOT NULL,
  scopes       text[] NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT now(),
  expires_at   timestamptz,
  revoked_at   timestamptz,
  last_used_at timestamptz
);

CREATE TABLE idempotency_keys (
  tenant_id    uuid NOT NULL REFERENCES tenants,
  key          text NOT NULL,
  -- SHA-256 over method, path and body: the same key with another request is an error.
  request_hash bytea NOT NULL,
  status       integer NOT NULL,
  response     jsonb NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, key)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

CREATE TABLE image_sets (
  id          uuid PRIMARY KEY,
  tenant_id   uuid NOT NULL REFERENCES tenants,
  name        text,
  state       text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'sealed')),
  -- Images are numbered 0 .. accepted-1 without gaps, so that a shard can name them by ranges.
  accepted    integer NOT NULL DEFAULT 0,
  refused     integer NOT NULL DEFAULT 0,
  bytes       bigint NOT NULL DEFAULT 0,
  metadata    jsonb NOT NULL DEFAULT '{}',
  created_at  timestamptz NOT NULL DEFAULT now(),
  sealed_at   timestamptz
);
CREATE INDEX image_sets_by_tenant ON image_sets (tenant_id, id);

-- Bytes that the object store holds, once per tenant however often they were sent.
CREATE TABLE blobs (
  tenant_id   uuid NOT NULL REFERENCES tenants,
  sha256      bytea NOT NULL,
  bytes       bigint NOT NULL,
  format      text NOT NULL,
  created_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, sha256)
);

CREATE TABLE images (
  set_id      uuid NOT NULL REFERENCES image_sets,
  n           integer NOT NULL,
  name        text NOT NULL,
  sha256      bytea NOT NULL,
  PRIMARY KEY (set_id, n)
);
-- An upload that is sent again adds nothing.
CREATE UNIQUE INDEX images_once_per_set ON images (set_id, name, sha256);

-- Files that were no picture we can read. Not numbered: no job ever sees them.
CREATE TABLE refused_files (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  set_id      uuid NOT NULL REFERENCES image_sets,
  name        text NOT NULL,
  code        text NOT NULL,
  detail      text NOT NULL,
  created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX refused_files_by_set ON refused_files (set_id, id);

CREATE TABLE models (
  name          text PRIMARY KEY,
  family        text NOT NULL,
  image_size    integer NOT NULL,
  note          text,
  -- Measured accelerator time per image and task, moving average; null until the first commit.
  task_ms       double precision,
  registered_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE workers (
  id          uuid PRIMARY KEY,
  model       text NOT NULL REFERENCES models,
  host        text NOT NULL,
  pid         integer NOT NULL,
  started_at  timestamptz NOT NULL DEFAULT now(),
  seen_at     timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX workers_by_model ON workers (model, seen_at);

CREATE TABLE jobs (
  id          uuid PRIMARY KEY,
  tenant_id   uuid NOT NULL REFERENCES tenants,
  set_id      uuid NOT NULL REFERENCES image_sets,
  name        text,
  model       text NOT NULL,
  tasks       jsonb NOT NULL,
  priority    smallint NOT NULL DEFAULT 0,
  lane        text NOT NULL CHECK (lane IN ('bulk', 'interactive')),
  state       text NOT NULL CHECK (state IN ('queued', 'running', 'cancelling', 'completed', 'cancelled')),
  item_count  integer NOT NULL,
  -- Kept by the statements that end items, in the same transaction; always equal to the rows.
  succeeded   integer NOT NULL DEFAULT 0,
  failed      integer NOT NULL DEFAULT 0,
  cancelled   integer NOT NULL DEFAULT 0,
  metadata    jsonb NOT NULL DEFAULT '{}',
  created_at  timestamptz NOT NULL DEFAULT now(),
  started_at  timestamptz,
  finished_at timestamptz,
  CHECK (succeeded + failed + cancelled <= item_count)
) WITH (fillfactor = 50);
CREATE INDEX jobs_by_tenant ON jobs (tenant_id, id DESC);
CREATE INDEX jobs_cancelling ON jobs (id) WHERE state = 'cancelling';

-- ready -> dispatched (feed) -> leased (claim) -> done
-- dispatched -> ready (the queue lost it), leased -> ready (given back, or lease expired: a loss)
-- ready | dispatched | leased -> cancelled
CREATE TABLE shards (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  job_id        uuid NOT NULL REFERENCES jobs,
  tenant_id     uuid NOT NULL,
  model         text NOT NULL,
  lane          text NOT NULL,
  priority      smallint NOT NULL,
  -- Numbers of the images in the set; holes appear when a shard is split.
  items         int4multirange NOT NULL,
  remaining     integer NOT NULL CHECK (remaining >= 0),
  -- Estimated accelerator time per item, for fairness.
  item_cost_ms  double precision NOT NULL,
  state         text NOT NULL DEFAULT 'ready'
                CHECK (state IN ('ready', 'dispatched', 'leased', 'done', 'cancelled')),
  -- Counts dispatches: a ticket of an older generation is stale.
  generation    integer NOT NULL DEFAULT 0,
  -- Counts leases: whoever holds an older fence can commit nothing.
  fence         integer NOT NULL DEFAULT 0,
  -- Leases that ended by a crash; the rule for what follows is in libs/pipeline.
  losses        integer NOT NULL DEFAULT 0,
  -- Suspected of crashing its host: runs alone, item by item.
  isolated      boolean NOT NULL DEFAULT false,
  -- False while an isolated shard is leased but still waits for its host: it cannot have crashed it.
  running       boolean NOT NULL DEFAULT false,
  worker_id     uuid,
  dispatched_at timestamptz,
  lease_until   timestamptz
) WITH (fillfactor = 70);
CREATE INDEX shards_ready ON shards (model, lane, tenant_id, priority DESC, id) WHERE state = 'ready';
CREATE INDEX shards_dispatched ON shards (model, lane, dispatched_at) WHERE state = 'dispatched';
CREATE INDEX shards_leased ON shards (lease_until) WHERE state = 'leased';
CREATE INDEX shards_by_job ON shards (job_id, id);

-- Clock of the fair feed per model and lane. Its row is also the lock: one feed step at a time.
CREATE TABLE feeds (
  model     text NOT NULL,
  lane      text NOT NULL,
  clock_ms  double precision NOT NULL DEFAULT 0,
  PRIMARY KEY (model, lane)
);

-- Accelerator time that each tenant was given, on that clock.
CREATE TABLE shares (
  model      text NOT NULL,
  lane       text NOT NULL,
  tenant_id  uuid NOT NULL REFERENCES tenants,
  served_ms  double precision NOT NULL,
  PRIMARY KEY (model, lane, tenant_id)
);

-- One row per image of a job, written once, when it has reached its end. An image without a row is
-- still to be done. Insert-only: no row is ever updated, so ten million items leave no dead tuples.
CREATE TABLE items (
  job_id       uuid NOT NULL REFERENCES jobs,
  n            integer NOT NULL,
  state        text NOT NULL CHECK (state IN ('succeeded', 'failed', 'cancelled')),
  attempts     smallint NOT NULL,
  error_code   text,
  error_detail text,
  answers      jsonb,
  width        integer,
  height       integer,
  timings      jsonb,
  worker_id    uuid,
  finished_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (job_id, n)
);
