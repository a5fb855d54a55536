import { Database } from '#database';
import { openObjectStore } from '#storage';
import type { System } from '../../rig/system.js';
import { peakMemoryBytes } from '../../rig/process.js';

const MOST_MEMORY_BYTES = 400 * 2 ** 20;
/** Of queues without jobs: names, and what BullMQ says of itself. */
const MOST_KEYS = 60;

/** Breaches of what must hold when all jobs have ended, in words; `checkJob` looks at each job for itself. */
export async function checkSystem(
  system: System,
  store: { url: string; credentials: { accessKeyId: string; secretAccessKey: string } },
  keysOfRedis: number,
): Promise<string[]> {
  const database = new Database(system.databaseUrl, { connections: 1 });
  try {
    return [
      ...(await brokenRows(database)),
      ...(await missingObjects(database, store)),
      ...fatProcesses(system),
      ...(keysOfRedis > MOST_KEYS ? [`${keysOfRedis} keys are left in Redis`] : []),
    ];
  } finally {
    await database.close();
  }
}

/** Each counts rows that must not be there. */
const BROKEN: Readonly<Record<string, string>> = {
  'leases that nobody took back': `
    SELECT count(*)::int AS rows FROM shards
    WHERE state = 'leased' AND lease_until < now() - interval '5 seconds'`,
  'shards of another tenant than their job': `
    SELECT count(*)::int AS rows FROM shards JOIN jobs ON jobs.id = job_id
    WHERE shards.tenant_id <> jobs.tenant_id`,
  'jobs over a set of another tenant': `
    SELECT count(*)::int AS rows FROM jobs JOIN image_sets ON image_sets.id = set_id
    WHERE jobs.tenant_id <> image_sets.tenant_id`,
  'items that their job does not have': `
    SELECT count(*)::int AS rows FROM items JOIN jobs ON jobs.id = job_id WHERE n >= item_count`,
  'jobs whose counters are not their rows': `
    SELECT count(*)::int AS rows FROM jobs
    WHERE succeeded + failed + cancelled <> (SELECT count(*) FROM items WHERE items.job_id = jobs.id)`,
};

async function brokenRows(database: Database): Promise<string[]> {
  const faults: string[] = [];
  for (const [what, sql] of Object.entries(BROKEN)) {
    const [found] = await database.query<{ rows: number }>(sql);
    if (found!.rows > 0) faults.push(`${found!.rows} ${what}`);
  }
  return faults;
}

/** An image that was acknowledged has its bytes, all of them. */
async function missingObjects(
  database: Database,
  { url, credentials }: Parameters<typeof checkSystem>[1],
): Promise<string[]> {
  const store = openObjectStore(url, credentials);
  const stored = new Map<string, number>();
  for await (const { key, bytes } of store.list('t/')) stored.set(key, bytes);
  store.close();
  const images = await database.query<{ key: string; bytes: string }>(
    `SELECT DISTINCT 't/' || tenant_id || '/images/' || encode(sha256, 'hex') AS key, blobs.bytes
     FROM images JOIN image_sets ON image_sets.id = set_id LEFT JOIN blobs USING (tenant_id, sha256)`,
  );
  const bad = images.filter(({ key, bytes }) => stored.get(key) !== Number(bytes));
  return bad.map(({ key, bytes }) => `${key}: ${stored.get(key)} bytes are there of ${bytes}`);
}

function fatProcesses({ api, dispatcher, workers }: System): string[] {
  return [api, dispatcher, ...workers]
    .filter(({ pid }) => peakMemoryBytes(pid) > MOST_MEMORY_BYTES)
    .map(({ name, pid }) => `${name} had ${peakMemoryBytes(pid)} bytes`);
}
