-- What each tenant keeps, moved by the transaction that changes it, as its last statement.
CREATE TABLE tenant_usage (
  tenant_id   uuid PRIMARY KEY REFERENCES tenants ON DELETE CASCADE,
  -- Of contents, each once, and of files that are not deleted.
  bytes       bigint NOT NULL DEFAULT 0,
  -- Of sets that are not deleted, and those sets.
  images      bigint NOT NULL DEFAULT 0,
  image_sets  bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

INSERT INTO tenant_usage (tenant_id, bytes, images, image_sets)
SELECT id,
       coalesce((SELECT sum(bytes) FROM blobs WHERE blobs.tenant_id = tenants.id), 0)
         + coalesce((SELECT sum(bytes) FROM files
                     WHERE files.tenant_id = tenants.id AND deleted_at IS NULL AND is_stored), 0),
       coalesce((SELECT sum(accepted) FROM image_sets
                 WHERE image_sets.tenant_id = tenants.id AND deleted_at IS NULL), 0),
       (SELECT count(*) FROM image_sets WHERE image_sets.tenant_id = tenants.id AND deleted_at IS NULL)
FROM tenants;

-- Every tenant has its row, whoever makes it.
CREATE FUNCTION begin_usage() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO tenant_usage (tenant_id) VALUES (NEW.id);
  RETURN NULL;
END
$$;
CREATE TRIGGER tenant_begins_usage AFTER INSERT ON tenants FOR EACH ROW EXECUTE FUNCTION begin_usage();
