import type { Queryable } from '../database.js';

/** Images of a job by the step of their time. Output: one row, whatever the job's size; undefined: no such job. */
export async function findJobLatency(
  db: Queryable,
  tenantId: string,
  id: string,
): Promise<Readonly<Record<string, number>> | undefined> {
  const [row] = await db.query<{ counts: Record<string, number> }>(
    'SELECT latency_counts AS counts FROM jobs WHERE tenant_id = $1 AND id = $2',
    [tenantId, id],
  );
  return row?.counts;
}
