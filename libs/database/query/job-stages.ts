import type { Queryable } from '../database.js';
import { SERVES } from './worker.js';

export interface JobStagesRecord {
  /** By the state of the shard. */
  readonly stages: readonly { state: string; shards: number; items: number; isolated: number }[];
  readonly workers: readonly { id: string; host: string; shards: number; items: number }[];
  /** Accelerator time of what is left; null before the first measure. */
  readonly leftMs: number | null;
  /** Live ones that serve the model. */
  readonly servingWorkers: number;
}

/** Input: a job that the caller found for its tenant. Output: where its shards are. Reads each shard of the job once. */
export async function readJobStages(db: Queryable, jobId: string): Promise<JobStagesRecord> {
  const [row] = await db.query<{ record: JobStagesRecord }>(
    `WITH own AS (
       SELECT state, worker_id, remaining, isolated FROM shards WHERE job_id = $1
     ), stages AS (
       SELECT state, count(*) AS shards, sum(remaining) AS items,
              coalesce(sum(remaining) FILTER (WHERE isolated), 0) AS isolated
       FROM own GROUP BY state
     ), holders AS (
       SELECT workers.id, workers.host, count(*) AS shards, sum(remaining) AS items
       FROM own JOIN workers ON workers.id = own.worker_id WHERE own.state = 'leased'
       GROUP BY workers.id, workers.host
     )
     SELECT jsonb_build_object(
       'stages', (SELECT coalesce(jsonb_agg(stages), '[]') FROM stages),
       'workers', (SELECT coalesce(jsonb_agg(holders ORDER BY id), '[]') FROM holders),
       'leftMs', (jobs.item_count - jobs.succeeded - jobs.failed - jobs.cancelled)
                 * tasks_per_item(jobs) * (SELECT task_ms FROM models WHERE name = jobs.model),
       'servingWorkers', (SELECT count(*) FROM workers
                          WHERE model = jobs.model AND ${SERVES})
     ) AS record
     FROM jobs WHERE id = $1`,
    [jobId],
  );
  return row!.record;
}
