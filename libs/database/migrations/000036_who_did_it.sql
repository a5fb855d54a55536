-- Who did an image, and since when it had it: for whoever looks at one that is odd, also when that worker is long gone.

-- Neither has a default, so that no row is written anew, however many there are.
ALTER TABLE shards ADD COLUMN leased_at timestamptz;
-- Begin of the lease under which it ended; the end is finished_at.
ALTER TABLE items ADD COLUMN leased_at timestamptz;

-- Workers that have gone: items go on naming them. One row a process, swept when it is old.
CREATE TABLE past_workers (
  id       uuid PRIMARY KEY,
  host     text NOT NULL,
  ended_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX past_workers_by_age ON past_workers (ended_at);

-- By a trigger: workers are deleted by more than one statement.
CREATE FUNCTION keep_worker() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO past_workers (id, host) VALUES (OLD.id, OLD.host)
  ON CONFLICT (id) DO UPDATE SET host = excluded.host, ended_at = excluded.ended_at;
  RETURN NULL;
END $$;
CREATE TRIGGER worker_gone AFTER DELETE ON workers FOR EACH ROW EXECUTE FUNCTION keep_worker();
