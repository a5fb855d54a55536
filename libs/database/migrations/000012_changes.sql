-- What has changed, for those who follow: one row per job, image set and fine-tuning job, which each change
-- moves to the end. So it never grows beyond its subjects, and whoever comes back after an hour reads each
-- of them once, however often it has changed.
--
-- In the order of (xid, n). A transaction with a lower xid may still commit after one with a higher: readers
-- take only what lies below the oldest that still runs, and so pass over nothing.
CREATE SEQUENCE change_numbers;
CREATE TABLE changes (
  subject_id  uuid PRIMARY KEY,
  tenant_id   uuid NOT NULL,
  kind        text NOT NULL,
  xid         xid8 NOT NULL,
  n           bigint NOT NULL
) WITH (fillfactor = 50);
CREATE INDEX changes_by_tenant ON changes (tenant_id, xid, n);

-- Its row is locked by whoever has the subject's row locked, and by nobody else: no new way to wait in a circle.
CREATE FUNCTION note_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  subject record;
BEGIN
  IF TG_OP = 'DELETE' THEN subject := OLD; ELSE subject := NEW; END IF;
  INSERT INTO changes (subject_id, tenant_id, kind, xid, n)
  VALUES (subject.id, subject.tenant_id, TG_ARGV[0], pg_current_xact_id(), nextval('change_numbers'))
  ON CONFLICT (subject_id) DO UPDATE SET xid = excluded.xid, n = excluded.n;
  RETURN NULL;
END $$;

CREATE TRIGGER jobs_note_change AFTER INSERT OR UPDATE OR DELETE ON jobs
  FOR EACH ROW EXECUTE FUNCTION note_change('job');
CREATE TRIGGER image_sets_note_change AFTER INSERT OR UPDATE OR DELETE ON image_sets
  FOR EACH ROW EXECUTE FUNCTION note_change('set');
-- Not of its lease, which is renewed every few seconds.
CREATE TRIGGER fine_tunings_note_change
  AFTER INSERT OR DELETE OR UPDATE OF state, step, steps, model, error ON fine_tunings
  FOR EACH ROW EXECUTE FUNCTION note_change('tuning');
