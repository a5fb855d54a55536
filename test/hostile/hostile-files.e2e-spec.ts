import { afterAll, beforeAll, expect, it } from 'vitest';
import { join } from 'node:path';
import type { UploadReport } from '#contracts';
import { TestClient } from '../rig/client.js';
import { hostsOf, peakMemoryBytes } from '../rig/process.js';
import { REPOSITORY } from '../rig/repository.js';
import { System } from '../rig/system.js';
import {
  endlessFilm,
  hostileFiles,
  hostileZip,
  photograph,
  type HostileFile,
} from './hostile-files.js';

const MOST_MEMORY_BYTES = 512 * 2 ** 20;

let system: System;
let client: TestClient;
let hostile: HostileFile[];

beforeAll(async () => {
  hostile = await hostileFiles();
  system = await System.start({
    model: {
      name: 'tiny',
      directory: join(REPOSITORY, 'test/fixtures/checkpoints/tiny-paligemma'),
    },
  });
  client = new TestClient(system.url, system.apiKey);
});
afterAll(() => system?.stop());

it('gives each bad file its own reason, finishes the rest, and keeps its memory', async () => {
  const good = [photograph('coffee.jpg'), await endlessFilm(), photograph('rocket.jpg')];
  const zip = await hostileZip([photograph('cat.jpg'), photograph('astronaut.jpg')]);
  const set = await client.createSet('hostile');
  const report = await client.upload(set.id, [good[0]!, ...hostile, zip, ...good.slice(1)]);

  expect(refusals(report)).toEqual({
    ...Object.fromEntries(hostile.filter((f) => f.refusedAs).map((f) => [f.name, f.refusedAs])),
    '../../climbs.jpg': 'zip.unsafe_name',
    'ratio.jpg': 'zip.ratio',
  });
  const failing = hostile.filter((file) => file.failsAs !== undefined);
  expect(report.counts.accepted).toBe(5 + failing.length);

  const job = await client.createJob(set.id, [{ type: 'caption', language: 'en' }]);
  const done = await client.finished(job.id, 120_000);
  expect(done).toMatchObject({
    outcome: 'partly_failed',
    item_counts: { succeeded: 5, failed: failing.length },
  });
  const failed: Record<string, string | undefined> = {};
  for await (const item of client.results(job.id)) {
    if (item.state === 'failed') failed[item.image.name] = item.error?.code;
    else expect(item.answers[0]?.raw).toBeTypeOf('string');
  }
  expect(failed).toEqual(Object.fromEntries(failing.map((file) => [file.name, file.failsAs])));

  const [worker] = [...system.workers];
  for (const pid of [system.api.pid, worker!.pid, ...hostsOf(worker!.pid)]) {
    expect(peakMemoryBytes(pid)).toBeLessThan(MOST_MEMORY_BYTES);
  }
});

function refusals(report: UploadReport): Record<string, string | undefined> {
  const refused = report.files.filter((file) => file.status === 'refused');
  return Object.fromEntries(refused.map((file) => [file.name, file.error?.code]));
}
