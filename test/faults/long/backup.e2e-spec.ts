import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, expect, it } from 'vitest';
import { checkJob } from '../../rig/checker.js';
import { TestClient, type TestFile } from '../../rig/client.js';
import { untilProgress } from '../../rig/process.js';
import { SHORT_TIMERS } from '../../rig/short-timers.js';
import { System } from '../../rig/system.js';
import { tinyImage } from '../../rig/tiny-image.js';

let system: System;
let restored: System;
let backup: string;
let nextImage = 0;
afterAll(async () => {
  await system?.stop();
  await restored?.stop();
  if (backup !== undefined) await rm(backup, { recursive: true, force: true });
});

const pictures = (count: number): TestFile[] =>
  Array.from({ length: count }, () => tinyImage(nextImage++));

it('a backup of PostgreSQL and then of the objects, under load, is a whole system with an empty queue', async () => {
  backup = await mkdtemp(join(tmpdir(), 'pallet-backup-'));
  system = await System.start({ workers: 2, itemMs: 20, isSerial: true, env: SHORT_TIMERS });
  const client = new TestClient(system.url, system.apiKey);
  const files = pictures(2_000);
  const set = await client.createSet('backup');
  await client.upload(set.id, files);
  const job = await client.createJob(set.id, [{ type: 'ocr' }]);
  await untilProgress(client, job.id, 100);
  const uploads = await client.createSet('uploads');
  const acknowledged: TestFile[] = [];
  const over = new AbortController();
  const load = (async () => {
    while (!over.signal.aborted) {
      const some = pictures(20);
      await client.upload(uploads.id, some);
      acknowledged.push(...some);
    }
  })();
  await new Promise((r) => setTimeout(r, 500));
  /** What comes later may be in the backup or not. */
  const before = [...acknowledged];
  await copyPostgres(system, join(backup, 'postgres'));
  await cp(join(system.directory, 'objects'), join(backup, 'objects'), { recursive: true });
  over.abort();
  await load;
  await system.stop();

  restored = await System.start({
    workers: 2,
    env: SHORT_TIMERS,
    apiKey: system.apiKey,
    postgresDirectory: join(backup, 'postgres'),
    storageUrl: `file://${join(backup, 'objects')}`,
  });
  const there = new TestClient(restored.url, system.apiKey);
  await there.finished(job.id, 60_000);
  const report = await checkJob(there, restored.databaseUrl, job.id, files);
  expect(report.faults).toEqual([]);
  expect(report.job.item_counts).toMatchObject({ succeeded: 2_000, failed: 0 });
  const later = await there.createJob(uploads.id, [{ type: 'ocr' }]);
  await there.finished(later.id, 60_000);
  const names = new Set<string>();
  for await (const item of there.results(later.id)) {
    expect(item.state).toBe('succeeded');
    names.add(item.image.name);
  }
  expect(before.length).toBeGreaterThan(0);
  expect(before.filter(({ name }) => !names.has(name))).toEqual([]);
});

/** As PostgreSQL's manual has it: what the copy needs to become whole is in the log, which comes last. */
async function copyPostgres(of: System, to: string): Promise<void> {
  const from = join(of.directory, 'postgres');
  const client = new pg.Client({ connectionString: of.databaseUrl });
  await client.connect();
  await client.query(`SELECT pg_backup_start('test', true)`);
  const wal = join(from, 'cluster', 'pg_wal');
  await cp(from, to, {
    recursive: true,
    filter: (path) => !path.endsWith('postmaster.pid') && !path.startsWith(`${wal}/`),
  });
  const { rows } = await client.query<{ labelfile: string }>(
    'SELECT labelfile FROM pg_backup_stop(false)',
  );
  await cp(wal, join(to, 'cluster', 'pg_wal'), { recursive: true });
  await writeFile(join(to, 'cluster', 'backup_label'), rows[0]!.labelfile);
  await client.end();
}
