import { Database } from '#database';

/** Resolves when no shard is leased to the worker any more: others have its work. */
export async function untilLeasesExpire(databaseUrl: string, workerPid: number): Promise<void> {
  const database = new Database(databaseUrl, { connections: 1 });
  try {
    for (;;) {
      const [row] = await database.query<{ held: number }>(
        `SELECT count(*)::int AS held FROM shards JOIN workers ON workers.id = shards.worker_id
         WHERE shards.state = 'leased' AND workers.pid = $1`,
        [workerPid],
      );
      if (row?.held === 0) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  } finally {
    await database.close();
  }
}
