-- Of a set that has just grown, the statistics say nothing or that it is tiny, and plans made for a tiny one read all
-- of it, once per chunk. Without statistics on this column the planner takes a set for a two-hundredth of the table,
-- as large as that is now.
ALTER TABLE images ALTER COLUMN set_id SET STATISTICS 0;

-- What was gathered before would stay. Servers before 18 have no such function: there it goes when the database is
-- loaded from a dump.
DO $$
BEGIN
  IF to_regproc('pg_catalog.pg_clear_attribute_stats') IS NOT NULL THEN
    PERFORM pg_clear_attribute_stats(current_schema()::text, 'images', 'set_id', false);
  END IF;
END
$$;
