import { Database } from '#database';
import { parsePublicId, type Job } from '#contracts';
import { instantText } from '../../libs/testing/engine/instant-engine.js';
import type { TestClient, TestFile } from './client.js';

export interface CheckReport {
  readonly job: Job;
  /** Breaches of a promise, in words; empty when all is well. */
  readonly faults: readonly string[];
}

/**
 * Holds a finished job against what must be true of it, whatever happened on the way: every image of the
 * set has exactly one end, counters equal rows, every answer is the one that its bytes ask for, and no
 * shard is left half done.
 */
export async function checkJob(
  client: TestClient,
  databaseUrl: string,
  jobId: string,
  files: readonly TestFile[],
): Promise<CheckReport> {
  const faults: string[] = [];
  const job = await client.job(jobId);
  const expected = new Map(files.map((file) => [file.name, file]));
  const seen = new Set<number>();
  const counts = { succeeded: 0, failed: 0, cancelled: 0 };
  for await (const item of client.results(jobId)) {
    if (seen.has(item.n)) faults.push(`item ${item.n} appears twice`);
    seen.add(item.n);
    counts[item.state] += 1;
    const file = expected.get(item.image.name);
    if (file === undefined)
      faults.push(`item ${item.n} has a name nobody sent: ${item.image.name}`);
    else if (item.state === 'succeeded') {
      const tasks = job.tasks === 'own' ? (item.tasks ?? []) : job.tasks;
      const right = tasks.every(
        (task, index) => item.answers[index]?.raw === instantText(file.bytes, task),
      );
      if (!right) faults.push(`item ${item.n} has another image's answer`);
    }
  }
  const { item_counts: told } = job;
  for (const state of ['succeeded', 'failed', 'cancelled'] as const) {
    if (told[state] !== counts[state]) {
      faults.push(`the job counts ${told[state]} ${state}, its rows are ${counts[state]}`);
    }
  }
  if (seen.size !== files.length) faults.push(`${files.length} images, ${seen.size} ends`);
  faults.push(...(await checkShards(databaseUrl, jobId)));
  return { job, faults };
}

async function checkShards(databaseUrl: string, jobId: string): Promise<string[]> {
  const database = new Database(databaseUrl, { connections: 1 });
  try {
    const open = await database.query<{ state: string; count: number }>(
      `SELECT state, count(*)::int AS count FROM shards
       WHERE job_id = $1 AND (state NOT IN ('done', 'cancelled') OR remaining <> 0) GROUP BY state`,
      [parsePublicId('job', jobId)],
    );
    return open.map(({ state, count }) => `${count} shards are left ${state}`);
  } finally {
    await database.close();
  }
}
