import type { Queryable } from '../database.js';

/**
 * Output: how many jobs were stopped because their deadline has passed. What of them is not done ends as that of
 * cancelled jobs does; what is done stays. Errors: those of the connection.
 */
export async function expireJobs(db: Queryable): Promise<number> {
  const rows = await db.query(
    `UPDATE jobs SET state = 'cancelling', stop_reason = 'deadline'
     WHERE id IN (SELECT id FROM jobs
                  WHERE deadline_at < now() AND state IN ('queued', 'running', 'paused')
                  ORDER BY deadline_at LIMIT 1000)
       AND state IN ('queued', 'running', 'paused')
     RETURNING 1`,
  );
  return rows.length;
}
