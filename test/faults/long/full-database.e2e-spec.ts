import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Job, Readiness } from '#contracts';
import { Database } from '#database';
import { checkJob } from '../../rig/checker.js';
import { TestClient, type TestFile } from '../../rig/client.js';
import { untilProgress } from '../../rig/process.js';
import { SHORT_TIMERS } from '../../rig/short-timers.js';
import { SmallDisk } from '../../rig/small-disk.js';
import { System } from '../../rig/system.js';
import { tinyImage } from '../../rig/tiny-image.js';

const ITEMS = 600;
/** More than what room is left in pages that a table has already. */
const UPLOAD = 100;
/** What it says when the disk of tables is full, in an answer that asks for patience. */
const REFUSED = /: 503 .*"code":"database\.full".*"retry_after":\d/;
/** When that of its log is full it goes down, which is another answer and the same request to come again. */
const AWAY = /: 503 .*"code":"database\.(full|unavailable)".*"retry_after":\d/;

const disk = SmallDisk.mount(200 * 2 ** 20);
let system: System;
let client: TestClient;
let nextImage = 0;

beforeAll(async () => {
  if (!(disk instanceof SmallDisk)) return;
  system = await System.start({
    itemMs: 30,
    env: SHORT_TIMERS,
    postgresDirectory: disk.directory,
    postgresSettings: { min_wal_size: '32MB', max_wal_size: '64MB' },
  });
  client = new TestClient(system.url, system.apiKey);
});
beforeEach(({ skip }) => {
  if (!(disk instanceof SmallDisk)) skip(disk);
});
afterAll(async () => {
  await system?.stop();
  if (disk instanceof SmallDisk) disk.unmount();
});

const pictures = (count: number): TestFile[] =>
  Array.from({ length: count }, () => tinyImage(nextImage++));

/** A job under way, and a set for more. */
async function begin() {
  const files = pictures(ITEMS);
  const set = await client.createSet('room enough');
  await client.upload(set.id, files);
  const job = await client.createJob(set.id, [{ type: 'ocr' }]);
  await untilProgress(client, job.id, ITEMS / 10);
  return { files, setId: set.id, job, later: await client.createSet('no room') };
}
type Begun = Awaited<ReturnType<typeof begin>>;

/** Until uploads and jobs have been refused some times. Small ones may find room in pages: what is taken is told. */
async function untilRefused({ setId, later }: Begun, how: RegExp) {
  const [uploaded, jobs, refusals] = [[] as TestFile[], [] as Job[], { upload: 0, job: 0 }];
  const refused = (what: keyof typeof refusals) => (error: Error) => {
    expect(error.message).toMatch(how);
    refusals[what] += 1;
  };
  while (refusals.upload < 3 || refusals.job < 3) {
    const files = pictures(UPLOAD);
    await client
      .upload(later.id, files)
      .then(() => void uploaded.push(...files), refused('upload'));
    await client
      .createJob(setId, [{ type: 'ocr' }])
      .then((job) => void jobs.push(job), refused('job'));
  }
  return { uploaded, jobs };
}

/** All that was acknowledged is there, everything ends, and PostgreSQL finds nothing wrong with its files. */
async function expectAllWell(
  { files, job, later }: Begun,
  { uploaded, jobs }: Awaited<ReturnType<typeof untilRefused>>,
): Promise<void> {
  const more = pictures(UPLOAD);
  await client.upload(later.id, more);
  const last = await client.createJob(later.id, [{ type: 'ocr' }]);
  const all = [job, ...jobs].map(({ id }) => ({ id, files }));
  for (const { id, files: its } of [...all, { id: last.id, files: [...uploaded, ...more] }]) {
    await client.finished(id, 120_000);
    const report = await checkJob(client, system.databaseUrl, id, its);
    expect(report.faults).toEqual([]);
    expect(report.job.item_counts).toMatchObject({ succeeded: its.length, failed: 0 });
  }
  expect(await corruption()).toEqual([]);
}

/** Damage in any table (checksums of pages as well) or in any index, in PostgreSQL's words. */
async function corruption(): Promise<unknown[]> {
  const database = new Database(system.databaseUrl, { connections: 1 });
  try {
    await database.query('CREATE EXTENSION IF NOT EXISTS amcheck');
    await database.query(
      `SELECT bt_index_check(pg_class.oid, true) FROM pg_class JOIN pg_am ON pg_am.oid = relam
       WHERE amname = 'btree' AND relkind = 'i' AND relnamespace = 'public'::regnamespace`,
    );
    return await database.query(
      `SELECT relname, blkno, msg FROM pg_class CROSS JOIN LATERAL verify_heapam(pg_class.oid)
       WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace`,
    );
  } finally {
    await database.close();
  }
}

async function readiness(): Promise<Readiness & { code: number }> {
  const response = await fetch(`${system.url}/health/ready`);
  return { code: response.status, ...((await response.json()) as Readiness) };
}

it('whose tables have no room refuses what is written, answers what is read, and goes on', async () => {
  const begun = await begin();
  const { pid } = system.postgres!;
  await (disk as SmallDisk).fill();
  const meanwhile = await untilRefused(begun, REFUSED);
  expect((await client.job(begun.job.id)).item_counts.failed).toBe(0);
  expect(await readiness()).toMatchObject({
    code: 200,
    status: 'degraded',
    checks: { database: { ok: false, detail: 'has no room for writes' } },
  });
  await (disk as SmallDisk).giveRoom();
  await expectAllWell(begun, meanwhile);
  expect(system.postgres!.pid).toBe(pid);
});

it('whose log has no room goes down, and has lost nothing when somebody starts it again', async () => {
  const begun = await begin();
  await (disk as SmallDisk).fill();
  const isDown = system.postgres!.exited;
  await fillLog();
  const meanwhile = await untilRefused(begun, AWAY);
  await (disk as SmallDisk).giveRoom();
  await isDown;
  await system.startPostgres();
  await expectAllWell(begun, meanwhile);
});

/** Writes into the log alone until that may not grow, which ends every connection. */
async function fillLog(): Promise<void> {
  const database = new Database(system.databaseUrl, { connections: 1 });
  const write = () =>
    database.query(`SELECT pg_logical_emit_message(false, 'test', repeat('x', 1000000))`).then(
      () => true,
      () => false,
    );
  while (await write()) continue;
  await database.close();
}
