-- Figures of each pool over time, for charts: written by dispatchers, one row a pool, step and bucket of time.
-- Two steps side by side (10 s kept for an hour, 60 s for a day), so a pool never has more than about 1,900 rows.
CREATE TABLE samples (
  step_seconds        smallint NOT NULL,
  -- When the bucket begins; of any number of dispatchers the first writes it.
  at                  timestamptz NOT NULL,
  model               text NOT NULL,
  taken_at            timestamptz NOT NULL DEFAULT now(),
  outstanding_items   bigint NOT NULL,
  backlog_seconds     double precision NOT NULL,
  in_flight_items     bigint NOT NULL,
  -- 0 while no job waits for its first worker.
  oldest_wait_seconds double precision NOT NULL,
  workers             integer NOT NULL,
  -- Null while the queue does not answer.
  queued_shards       integer,
  -- Since ever, as workers have said: what lies between two samples was done between them.
  items_succeeded     bigint NOT NULL,
  items_failed        bigint NOT NULL,
  tokens              bigint NOT NULL,
  -- Mean over the pool's workers that say it.
  cpu_percent         double precision,
  gpu_percent         double precision,
  PRIMARY KEY (step_seconds, at, model)
);
