-- Where what follows belongs in a trace: `traceparent` of W3C Trace Context, written where traces are switched on.
-- One for each row that waits for somebody, and none for an item or an image, of which there is no end.

-- Of the request that made the job, or that opened it again.
ALTER TABLE jobs ADD COLUMN trace_parent text;
-- Of the newest upload.
ALTER TABLE image_sets ADD COLUMN trace_parent text;
