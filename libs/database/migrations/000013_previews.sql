-- A preview is a job over a few images of a set, which is in no list and is swept when it is over.
ALTER TABLE jobs ADD COLUMN preview boolean NOT NULL DEFAULT false;
CREATE INDEX jobs_previews ON jobs (created_at) WHERE preview;

-- Nobody follows a preview.
DROP TRIGGER jobs_note_change ON jobs;
CREATE TRIGGER jobs_note_change AFTER INSERT OR UPDATE ON jobs
  FOR EACH ROW WHEN (NOT NEW.preview) EXECUTE FUNCTION note_change('job');
CREATE TRIGGER jobs_note_deletion AFTER DELETE ON jobs
  FOR EACH ROW WHEN (NOT OLD.preview) EXECUTE FUNCTION note_change('job');

-- Every statement that ends items has found their job's shard, and so the job. Checked again for each of 256 rows
-- it was a quarter of a commit.
ALTER TABLE items DROP CONSTRAINT items_job_id_fkey;
