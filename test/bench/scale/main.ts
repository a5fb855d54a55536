/**
 * Does size cost? A job of 1,000 items and one of 200,000 on fresh systems of their own: peak memory of
 * api and dispatcher, and the time of `GET /v1/jobs/{id}` when the job is done.
 *
 * Predictions and figures: test/bench/README.md.
 */
import { checkJob } from '../../rig/checker.js';
import { TestClient } from '../../rig/client.js';
import { peakMemoryBytes } from '../../rig/process.js';
import { System } from '../../rig/system.js';
import { tinyImage } from '../../rig/tiny-image.js';

const SMALL = 1_000;
const LARGE = Number(process.env['BENCH_ITEMS'] ?? 200_000);
const LOOKS = 400;
const UPLOAD_AT_ONCE = 1_000;

interface Measured {
  readonly api: number;
  readonly dispatcher: number;
  /** Median time of a look at a small job and at the large one, in turn on the same system, milliseconds. */
  readonly statusMs: readonly [number, number];
}

const small = await measure(SMALL);
const large = await measure(LARGE);
const [smallMs, largeMs] = large.statusMs;
console.log(
  JSON.stringify({
    bench: 'scale',
    items_small: SMALL,
    items_large: LARGE,
    api_peak_mb: [mb(small.api), mb(large.api)],
    dispatcher_peak_mb: [mb(small.dispatcher), mb(large.dispatcher)],
    api_growth_mb: mb(large.api - small.api),
    dispatcher_growth_mb: mb(large.dispatcher - small.dispatcher),
    status_ms: [Number(smallMs.toFixed(3)), Number(largeMs.toFixed(3))],
    status_ratio: Number((largeMs / smallMs).toFixed(3)),
  }),
);

async function measure(items: number): Promise<Measured> {
  const system = await System.start({ isDirect: true, workers: 1, env: { LOG_LEVEL: 'warn' } });
  try {
    const client = new TestClient(system.url, system.apiKey);
    const jobId = await runJob(system, client, items);
    const [api, dispatcher] = [system.api, system.dispatcher].map((one) =>
      peakMemoryBytes(one.pid),
    );
    console.log(`${items} items: peak memory api ${mb(api!)} MB, dispatcher ${mb(dispatcher!)} MB`);
    const smallJobId = await runJob(system, client, SMALL);
    const statusMs = await timeStatus(client, smallJobId, jobId);
    return { api: api!, dispatcher: dispatcher!, statusMs };
  } finally {
    await system.stop();
  }
}

async function runJob(system: System, client: TestClient, items: number): Promise<string> {
  const files = Array.from({ length: items }, (_, n) => ({
    bytes: tinyImage(n % 100).bytes,
    name: tinyImage(n).name,
  }));
  const set = await client.createSet(`scale ${items}`);
  for (let from = 0; from < items; from += UPLOAD_AT_ONCE) {
    await client.upload(set.id, files.slice(from, from + UPLOAD_AT_ONCE));
  }
  const job = await client.createJob(set.id, [{ type: 'ocr' }], { cache: false });
  await client.finished(job.id, 1_200_000);
  const { faults } = await checkJob(client, system.databaseUrl, job.id, files);
  if (faults.length > 0) throw new Error(faults.slice(0, 5).join('; '));
  return job.id;
}

async function timeStatus(
  client: TestClient,
  smallJobId: string,
  largeJobId: string,
): Promise<[number, number]> {
  const times: [number[], number[]] = [[], []];
  for (let look = 0; look < LOOKS * 2; look += 1) {
    const startedAt = performance.now();
    await client.job(look % 2 === 0 ? smallJobId : largeJobId);
    times[look % 2]!.push(performance.now() - startedAt);
  }
  const [ofSmall, ofLarge] = times.map((list) => list.toSorted((a, b) => a - b)[LOOKS / 2]!);
  return [ofSmall!, ofLarge!];
}

function mb(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}
