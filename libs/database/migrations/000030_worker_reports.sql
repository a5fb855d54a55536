-- What a worker says of itself at each heartbeat. One that says nothing, of an older version, is `ready` and has no report.
ALTER TABLE workers
  ADD COLUMN state              text NOT NULL DEFAULT 'ready'
                                CHECK (state IN ('starting', 'ready', 'busy', 'draining')),
  -- As `workerReportSchema` has it: written and read as a whole.
  ADD COLUMN report             jsonb,
  -- An operator wants it to end; the worker sees it at its next heartbeat.
  ADD COLUMN drain_requested_at timestamptz;

-- What workers of a model have done since ever, as they say it. For charts, not for accounts: a worker that is killed
-- takes what it did since its last heartbeat with it.
ALTER TABLE models
  ADD COLUMN items_succeeded bigint NOT NULL DEFAULT 0,
  ADD COLUMN items_failed    bigint NOT NULL DEFAULT 0,
  ADD COLUMN tokens          bigint NOT NULL DEFAULT 0;
