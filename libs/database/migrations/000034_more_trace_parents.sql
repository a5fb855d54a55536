-- Of the request that ordered them: whoever works on them later makes spans below it.
ALTER TABLE uploads ADD COLUMN trace_parent text;
ALTER TABLE imports ADD COLUMN trace_parent text;
ALTER TABLE exports ADD COLUMN trace_parent text;
ALTER TABLE batches ADD COLUMN trace_parent text;
ALTER TABLE fine_tunings ADD COLUMN trace_parent text;
