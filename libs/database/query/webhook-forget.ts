import type { Queryable } from '../database.js';

/** How long events and their deliveries can be looked up, sent again and recovered. */
export const WEBHOOK_LOG_DAYS = 30;
/** Rows per statement: a step stays short at any backlog. */
const STEP = 1_000;

/**
 * Output: events past their time are gone with their deliveries, as are removed endpoints, endpoints of jobs
 * that ended long ago, and secrets that sign no more. The dispatcher calls it now and then; any number may.
 */
export async function forgetWebhooks(db: Queryable): Promise<void> {
  const old = `created_at < now() - interval '${WEBHOOK_LOG_DAYS} days'`;
  await inSteps(db, `webhook_events WHERE ${old}`);
  await db.query(
    `UPDATE webhook_endpoints AS e SET state = 'removed'
     WHERE of_job AND state <> 'removed' AND ${old} AND NOT EXISTS (
       SELECT 1 FROM webhook_jobs JOIN jobs ON jobs.id = webhook_jobs.job_id
       WHERE webhook_jobs.endpoint_id = e.id
         AND (jobs.finished_at IS NULL OR jobs.finished_at > now() - interval '${WEBHOOK_LOG_DAYS} days'))`,
  );
  const ofRemoved = `endpoint_id IN (SELECT id FROM webhook_endpoints WHERE state = 'removed')`;
  await inSteps(db, `webhook_deliveries WHERE ${ofRemoved}`);
  await inSteps(db, `webhook_jobs WHERE ${ofRemoved}`);
  await inSteps(db, `webhook_endpoints WHERE state = 'removed'`);
  await db.query('DELETE FROM webhook_secrets WHERE expires_at <= now()');
}

async function inSteps(db: Queryable, what: string): Promise<void> {
  const [table] = what.split(' ');
  for (;;) {
    const gone = await db.query(
      `DELETE FROM ${table} WHERE ctid IN (SELECT ctid FROM ${what} LIMIT ${STEP}) RETURNING 1`,
    );
    if (gone.length < STEP) return;
  }
}
