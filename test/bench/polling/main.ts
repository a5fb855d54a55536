import { parsePublicId } from '#contracts';
import { startService, type ChildService } from '#embedded';
import { TestClient } from '../../rig/client.js';
import { compiled } from '../../rig/repository.js';
import { System } from '../../rig/system.js';
import { tinyImage } from '../../rig/tiny-image.js';
import { cpuSeconds } from '../ingest/process-use.js';
import { poll } from './poll.js';

/**
 * Status polls of a running job at a fixed rate, and in turn those of a plain route over the same row. The system is
 * busy with that job meanwhile.
 *
 * BENCH_RATE polls a second, BENCH_SECONDS of a run, BENCH_ROUNDS, BENCH_ITEM_MS. Figures: test/bench/README.md.
 */
const RATE = Number(process.env['BENCH_RATE'] ?? 2_000);
const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 10);
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 3);
/** What an image takes in the engine: about 500 a second are done. */
const ITEM_MS = Number(process.env['BENCH_ITEM_MS'] ?? 64);
/** At the full rate, so that what is measured is compiled and connected. */
const WARM_UP_SECONDS = 5;
/** The job outlasts the bench by some. */
const ITEMS = Math.ceil((ROUNDS * SECONDS + WARM_UP_SECONDS + 5) * 2 * (32_000 / ITEM_MS));
const UPLOAD_AT_ONCE = 1_000;

const system = await System.start({
  isDirect: true,
  workers: 1,
  itemMs: ITEM_MS,
  env: { LOG_LEVEL: 'warn' },
});
let plain: ChildService | undefined;
try {
  const client = new TestClient(system.url, system.apiKey);
  plain = await startService({
    name: 'plain',
    entry: compiled('test/bench/polling/plain-route.js'),
    args: [system.databaseUrl],
    env: { PATH: process.env['PATH'] },
  });
  const job = await client.createJob(await makeSet(client), [{ type: 'ocr' }]);
  const { apiKey } = system;
  const ways = {
    ours: { url: `${system.url}/v1/jobs/${job.id}`, apiKey },
    plain: { url: `${urlOf(plain)}/jobs/${parsePublicId('job', job.id)}`, apiKey },
  };
  for (const way of Object.values(ways)) await poll(way, RATE, WARM_UP_SECONDS);
  const rounds = [];
  let cpu = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = cpuSeconds(system.api.pid);
    const ours = await poll(ways.ours, RATE, SECONDS);
    cpu += cpuSeconds(system.api.pid) - before;
    rounds.push({ ours, plain: await poll(ways.plain, RATE, SECONDS) });
  }
  const after = await client.job(job.id);
  console.log(
    JSON.stringify({
      bench: 'polling',
      rate: RATE,
      seconds: SECONDS,
      rounds,
      p99_ms: middle(rounds.map(({ ours }) => ours.p99_ms)),
      p99_ratio: middle(rounds.map((round) => round.ours.p99_ms / round.plain.p99_ms)),
      api_cpu_ms_per_poll: rounded((cpu * 1_000) / (RATE * SECONDS * ROUNDS)),
      job_still_runs: after.finished_at === null,
      items_done: after.item_counts.succeeded,
    }),
  );
} finally {
  await plain?.stop(2_000);
  await system.stop();
}

async function makeSet(client: TestClient): Promise<string> {
  const set = await client.createSet('polling');
  for (let n = 0; n < ITEMS; n += UPLOAD_AT_ONCE) {
    const count = Math.min(UPLOAD_AT_ONCE, ITEMS - n);
    const images = Array.from({ length: count }, (_, i) => tinyImage(n + i));
    await client.upload(set.id, images);
  }
  return set.id;
}

function urlOf({ ready }: ChildService): string {
  return (ready as { url: string }).url;
}

function middle(values: readonly number[]): number {
  return rounded(values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!);
}

function rounded(value: number): number {
  return Number(value.toFixed(3));
}
