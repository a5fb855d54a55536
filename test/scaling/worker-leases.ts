import { Database } from '#database';

/** What one worker has leased, asked by its id: its row is gone when it has drained, and its leases must be as well. */
export class WorkerLeases {
  private constructor(
    private readonly databaseUrl: string,
    private readonly workerId: string | undefined,
  ) {}

  static async of(databaseUrl: string, workerPid: number): Promise<WorkerLeases> {
    const [worker] = await ask<{ id: string }>(
      databaseUrl,
      'SELECT id FROM workers WHERE pid = $1 ORDER BY seen_at DESC LIMIT 1',
      workerPid,
    );
    return new WorkerLeases(databaseUrl, worker?.id);
  }

  /** Shards that are leased to it now. */
  async count(): Promise<number> {
    const [row] = await ask<{ held: number }>(
      this.databaseUrl,
      `SELECT count(*)::int AS held FROM shards WHERE state = 'leased' AND worker_id = $1`,
      this.workerId,
    );
    return row!.held;
  }
}

async function ask<T extends Record<string, unknown>>(
  databaseUrl: string,
  sql: string,
  value: unknown,
): Promise<T[]> {
  const database = new Database(databaseUrl, { connections: 1 });
  try {
    return await database.query<T>(sql, [value]);
  } finally {
    await database.close();
  }
}
