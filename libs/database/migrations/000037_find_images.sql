-- An image of a set is found by its file name or its client's id, or by how one begins. An index in the order of the
-- database's language cannot say what begins so, one in the order of bytes can; equality and uniqueness are the same in
-- both, so these take the place of the old ones, and a picture that comes in costs what it did. Images with an id get an
-- index of their names, too. Takes about a minute for ten million images, in which none can be brought.
DROP INDEX images_once_per_set;
CREATE UNIQUE INDEX images_once_per_set ON images (set_id, name text_pattern_ops, sha256) WHERE custom_id IS NULL;
DROP INDEX images_by_custom_id;
CREATE UNIQUE INDEX images_by_custom_id ON images (set_id, custom_id text_pattern_ops) WHERE custom_id IS NOT NULL;
CREATE INDEX images_with_id_by_name ON images (set_id, name text_pattern_ops) WHERE custom_id IS NOT NULL;

-- Numbers of the images of a set whose id or name lies in this range of bytes, so many at most of each kind, in the order
-- of the index. The settings keep the planner to that order: it has no statistics on sets, takes what begins so for a few
-- rows, and would read all of it and sort.
CREATE FUNCTION images_called(of_set uuid, low text, high text, most integer) RETURNS SETOF integer
LANGUAGE sql STABLE ROWS 100 SET enable_sort TO off SET enable_bitmapscan TO off AS $$
  (SELECT n FROM images
   WHERE set_id = of_set AND custom_id IS NOT NULL AND custom_id ~>=~ low AND custom_id ~<=~ high
   ORDER BY custom_id USING ~<~ LIMIT most)
  UNION
  (SELECT n FROM images
   WHERE set_id = of_set AND custom_id IS NULL AND name ~>=~ low AND name ~<=~ high
   ORDER BY name USING ~<~ LIMIT most)
  UNION
  (SELECT n FROM images
   WHERE set_id = of_set AND custom_id IS NOT NULL AND name ~>=~ low AND name ~<=~ high
   ORDER BY name USING ~<~ LIMIT most)
$$;
