import { newUuid, parsePublicId, publicId } from '#contracts';
import { Database } from '#database';
import type { TestClient } from '../../rig/client.js';
import type { System } from '../../rig/system.js';
import { answersOf, pictureOf, sceneOf, TASKS } from './pictures.js';

/** Different pictures; each is in the set many times, under names and ids of its own. */
const CONTENTS = 120;
/** Every so many items one has failed. */
const FAILS_EVERY = 997;
const ROWS_AT_ONCE = 100_000;

export interface Seeded {
  readonly setId: string;
  readonly jobId: string;
}

/** A set of `items` images whose bytes the store has, and a job over it that has ended: rows as workers leave them, but by SQL. */
export async function seedJob(system: System, client: TestClient, items: number): Promise<Seeded> {
  const contents = await client.createSet('contents');
  for (let from = 0; from < CONTENTS; from += 60) {
    const numbers = Array.from({ length: Math.min(60, CONTENTS - from) }, (_, at) => from + at);
    await client.upload(contents.id, await Promise.all(numbers.map(pictureOf)));
  }
  const database = new Database(system.databaseUrl, { connections: 1 });
  try {
    const ids = { set: newUuid(), job: newUuid(), contents: parsePublicId('set', contents.id)! };
    await addImages(database, ids, items);
    await addJob(database, ids, items);
    await database.query('ANALYZE');
    return { setId: publicId('set', ids.set), jobId: publicId('job', ids.job) };
  } finally {
    await database.close();
  }
}

interface Ids {
  readonly set: string;
  readonly job: string;
  readonly contents: string;
}

async function addImages(database: Database, ids: Ids, items: number): Promise<void> {
  await database.query(
    `INSERT INTO image_sets (id, tenant_id, name, state, accepted, sealed_at)
     SELECT $1, tenant_id, 'million', 'sealed', $3, now() FROM image_sets WHERE id = $2`,
    [ids.set, ids.contents, items],
  );
  await inSteps(items, (from, to) =>
    database.query(
      `INSERT INTO images (set_id, n, name, sha256, custom_id)
       SELECT $1, line.n, 'picture-' || line.n || '.jpg', content.sha256, 'row-' || line.n
       FROM generate_series($3::int, $4::int - 1) AS line(n)
       JOIN images AS content ON content.set_id = $2 AND content.n = line.n % $5::int`,
      [ids.set, ids.contents, from, to, CONTENTS],
    ),
  );
}

async function addJob(database: Database, ids: Ids, items: number): Promise<void> {
  const failed = Math.floor((items - 1) / FAILS_EVERY);
  await database.query(
    `INSERT INTO jobs (id, tenant_id, set_id, name, model, tasks, lane, state, item_count, succeeded, failed, error_counts, created_at, started_at, finished_at)
     SELECT $1, tenant_id, id, 'A large job', 'instant', $3, 'bulk', 'completed', $4, $4::int - $5::int, $5, jsonb_build_object('image.undecodable', $5::int),
            now() - interval '3 hours', now() - interval '3 hours', now()
     FROM image_sets WHERE id = $2`,
    [ids.job, ids.set, JSON.stringify(TASKS), items, failed],
  );
  await database.query(
    `INSERT INTO shards (job_id, tenant_id, model, lane, priority, items, remaining, item_cost_ms, state)
     SELECT jobs.id, tenant_id, model, lane, 0, int4multirange(int4range(first, least(first + 256, $2))), 0, 10, 'done'
     FROM jobs, generate_series(0, $2::int - 1, 256) AS first WHERE jobs.id = $1`,
    [ids.job, items],
  );
  const scenes = Array.from({ length: CONTENTS }, (_, n) => ({
    n,
    width: sceneOf(n).width,
    height: sceneOf(n).height,
    answers: answersOf(n),
  }));
  await database.query(
    `CREATE TEMPORARY TABLE scenes AS
     SELECT * FROM jsonb_to_recordset($1::jsonb) AS scene(n int, width int, height int, answers jsonb)`,
    [JSON.stringify(scenes)],
  );
  await inSteps(items, (from, to) =>
    database.query(
      `INSERT INTO items (job_id, n, state, attempts, error_code, error_detail, answers, width, height, timings, finished_at)
       SELECT $1, item.n, CASE WHEN bad THEN 'failed' ELSE 'succeeded' END, 1,
              CASE WHEN bad THEN 'image.undecodable' END, CASE WHEN bad THEN 'The picture is damaged or cut off.' END,
              CASE WHEN NOT bad THEN scene.answers END, scene.width, scene.height,
              '{"fetch_ms": 2, "decode_ms": 9, "encode_ms": 120, "generate_ms": 240}', now()
       FROM (SELECT n, n > 0 AND n % $4::int = 0 AS bad FROM generate_series($2::int, $3::int - 1) AS n) AS item
       JOIN scenes AS scene ON scene.n = item.n % $5::int`,
      [ids.job, from, to, FAILS_EVERY, CONTENTS],
    ),
  );
}

async function inSteps(
  items: number,
  step: (from: number, to: number) => Promise<unknown>,
): Promise<void> {
  for (let from = 0; from < items; from += ROWS_AT_ONCE) {
    await step(from, Math.min(items, from + ROWS_AT_ONCE));
  }
}
