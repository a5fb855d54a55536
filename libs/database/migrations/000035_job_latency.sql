-- How long the images of a job took, counted as they end: read at any size in one row, and never by looking at items.

ALTER TABLE jobs
  -- Items that succeeded since tasks were asked last, by the step of their time: {"17": 240}. A constant default: no
  -- row is written anew for it. What ended before it was there, and what was known without work, is not in it.
  ADD COLUMN latency_counts jsonb NOT NULL DEFAULT '{}';

-- Input: wall-clock milliseconds by stage. Output: the least step that holds their sum, 0 to 40; null without a time.
-- Step i ends at 2 ^ (i / 2) milliseconds, so that two steps are a doubling, from 1 ms to 17 minutes and all above.
-- libs/pipeline/latency.ts knows the same ends.
CREATE FUNCTION latency_step(timings jsonb) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN timings IS NOT NULL THEN least(40, ceil(2 * ln(greatest(1,
    (timings->>'fetch_ms')::float8 + (timings->>'decode_ms')::float8
    + (timings->>'encode_ms')::float8 + (timings->>'generate_ms')::float8)) / ln(2::float8) - 1e-9))::int END
$$;
