import { afterAll, expect, it } from 'vitest';
import { checkJob } from '../../rig/checker.js';
import { TestClient, type TestFile } from '../../rig/client.js';
import { untilLeasesExpire } from '../../rig/lease.js';
import { MemoryLimit } from '../../rig/memory-limit.js';
import { SHORT_TIMERS } from '../../rig/short-timers.js';
import { System } from '../../rig/system.js';
import { tinyImage } from '../../rig/tiny-image.js';

const MIB = 2 ** 20;
const ITEMS = 60;
/** A few of them at once are more than a worker may take. */
const ITEM_BYTES = 4 * MIB;

const limit = MemoryLimit.make(16 * MIB);
let system: System;
afterAll(async () => {
  await system?.stop();
  limit?.remove();
});

it('is what ends a worker, and others have its work within a lease', async ({ skip }) => {
  if (limit === undefined) return skip('no memory control group (v1) can be made here');
  system = await System.start({ itemMs: 100, env: SHORT_TIMERS });
  const [victim] = system.workers;
  limit.add(victim!.pid);
  const client = new TestClient(system.url, system.apiKey);
  const files = Array.from({ length: ITEMS }, (_, n) => large(tinyImage(n)));
  const set = await client.createSet('out of memory');
  for (let from = 0; from < ITEMS; from += 10) {
    await client.upload(set.id, files.slice(from, from + 10));
  }
  const job = await client.createJob(set.id, [{ type: 'ocr' }]);
  expect(await victim!.exited).toEqual({ code: null, signal: 'SIGKILL' });
  const diedAt = performance.now();
  expect(limit.kills).toBe(1);
  const other = system.startWorker();
  await untilLeasesExpire(system.databaseUrl, victim!.pid);
  const tookMs = performance.now() - diedAt;
  console.info(`taken back after ${Math.round(tookMs)} ms`);
  expect(tookMs).toBeLessThan(2 * Number(SHORT_TIMERS.LEASE_MS));
  await other;
  await client.finished(job.id, 60_000);
  const report = await checkJob(client, system.databaseUrl, job.id, files);
  expect(report.faults).toEqual([]);
  expect(report.job.item_counts).toMatchObject({ succeeded: ITEMS });
});

/** What comes after the end of a PNG is read by nobody, and fetched by all. */
const large = ({ name, bytes }: TestFile): TestFile => ({
  name,
  bytes: Buffer.concat([bytes], ITEM_BYTES).fill(name, bytes.length),
});
