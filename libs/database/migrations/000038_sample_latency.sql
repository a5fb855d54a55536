-- How long the images of a model took, for charts: since ever, by the steps of `latency_step`, as its workers say it.
ALTER TABLE models ADD COLUMN latency_counts jsonb NOT NULL DEFAULT '{}';

-- As it was when the sample was taken; null in one of an older dispatcher.
ALTER TABLE samples ADD COLUMN latency_counts jsonb;

-- As in 000009_retry.sql, but a model counts for ever: beyond what an integer holds.
CREATE OR REPLACE FUNCTION summed_counts(a jsonb, b jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(jsonb_object_agg(key, total), '{}')
  FROM (SELECT key, sum(value::bigint) AS total
        FROM (SELECT * FROM jsonb_each_text(a) UNION ALL SELECT * FROM jsonb_each_text(b)) AS every
        GROUP BY key) AS sums
  WHERE total <> 0
$$;
