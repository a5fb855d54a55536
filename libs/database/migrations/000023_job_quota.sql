-- What of a tenant has not ended, which every new job counts.
CREATE INDEX jobs_open_by_tenant ON jobs (tenant_id)
  WHERE state IN ('queued', 'running', 'paused', 'cancelling');
