-- A refusal that a set knows already is not told again, found without reading its other refusals.
-- By md5, for names may be longer than an index row.
CREATE UNIQUE INDEX refused_files_once ON refused_files (set_id, md5(name), code);

-- The few failures among millions of items, a page at a time.
CREATE INDEX items_not_succeeded ON items (job_id, n) WHERE state <> 'succeeded';
