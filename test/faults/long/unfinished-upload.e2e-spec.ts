import { setTimeout as lasting } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { useS3 } from '#testing';
import { checkJob } from '../../rig/checker.js';
import { TestClient } from '../../rig/client.js';
import { kill } from '../../rig/process.js';
import { SHORT_TIMERS } from '../../rig/short-timers.js';
import { System } from '../../rig/system.js';
import { tinyImage } from '../../rig/tiny-image.js';

const ITEMS = 40;
/** Far longer than an upload of so few takes when nobody waits for the store. */
const OUTAGE_MS = 2_000;

const s3 = useS3();
let system: System;

beforeAll(async () => {
  system = await System.start({
    storageUrl: s3.url('unfinished'),
    env: {
      ...SHORT_TIMERS,
      AWS_ACCESS_KEY_ID: s3.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: s3.credentials.secretAccessKey,
    },
  });
});
afterAll(() => system?.stop());

it('what the store has not taken is not acknowledged; an api that dies then has lost nothing', async () => {
  const files = Array.from({ length: ITEMS }, (_, n) => tinyImage(n));
  const client = new TestClient(system.url, system.apiKey);
  const set = await client.createSet('unfinished upload');
  system.api.links.store!.set({ kind: 'silence' });
  const upload = client.upload(set.id, files).then(
    ({ counts }) => counts,
    () => 'no answer',
  );
  await lasting(OUTAGE_MS);
  kill(system.api.pid, 'SIGKILL');
  expect(await upload).toBe('no answer');
  await system.api.exited;
  await system.startApi();
  const again = await client.upload(set.id, files);
  expect(again.counts).toMatchObject({ accepted: ITEMS, refused: 0 });
  const job = await client.createJob(set.id, [{ type: 'ocr' }]);
  await client.finished(job.id, 60_000);
  const report = await checkJob(client, system.databaseUrl, job.id, files);
  expect(report.faults).toEqual([]);
  expect(report.job.item_counts).toMatchObject({ total: ITEMS, succeeded: ITEMS });
});
