-- Files for any purpose, not of training examples only.
ALTER TABLE training_files RENAME TO files;
ALTER INDEX training_files_by_tenant RENAME TO files_by_tenant;
ALTER TABLE files
  ADD COLUMN purpose    text NOT NULL DEFAULT 'fine-tune',
  -- The row stays for what names it; its bytes go.
  ADD COLUMN deleted_at timestamptz,
  -- Whether the object store has something under its key.
  ADD COLUMN is_stored  boolean NOT NULL DEFAULT true;
CREATE INDEX files_to_remove ON files (id) WHERE deleted_at IS NOT NULL AND is_stored;
