import { Agent, request } from 'node:http';
import { TestClient } from '../../rig/client.js';
import { System } from '../../rig/system.js';
import { cpuSeconds } from '../ingest/process-use.js';
import { tinyImage } from '../../rig/tiny-image.js';

/**
 * Status polls of a running job at a fixed rate, whatever the answers do (open loop: each poll counts from
 * when it was due, so a stall is in every poll that it holds up). The system is busy with that job meanwhile.
 *
 * BENCH_RATE polls a second, BENCH_SECONDS, BENCH_ITEMS, BENCH_ITEM_MS. Predictions and figures: test/bench/README.md.
 */
const RATE = Number(process.env['BENCH_RATE'] ?? 2_000);
const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 30);
const ITEMS = Number(process.env['BENCH_ITEMS'] ?? 20_000);
const UPLOAD_AT_ONCE = 1_000;
/** What an image takes in the engine: the job outlasts the bench, at about 500 images a second. */
const ITEM_MS = Number(process.env['BENCH_ITEM_MS'] ?? 64);
const CONNECTIONS = 64;
const TICK_MS = 1;
/** At the full rate, so that what is measured is compiled and connected. */
const WARM_UP_SECONDS = 5;

const system = await System.start({ workers: 1, itemMs: ITEM_MS, env: { LOG_LEVEL: 'warn' } });
try {
  const client = new TestClient(system.url, system.apiKey);
  const set = await client.createSet('polling');
  for (let n = 0; n < ITEMS; n += UPLOAD_AT_ONCE) {
    const count = Math.min(UPLOAD_AT_ONCE, ITEMS - n);
    await client.upload(
      set.id,
      Array.from({ length: count }, (_, i) => tinyImage(n + i)),
    );
  }
  const job = await client.createJob(set.id, [{ type: 'ocr' }]);
  await poll(job.id, RATE, WARM_UP_SECONDS);
  const cpuBefore = cpuSeconds(system.api.pid);
  const measured = await poll(job.id, RATE, SECONDS);
  const cpu = cpuSeconds(system.api.pid) - cpuBefore;
  const after = await client.job(job.id);
  console.log(
    JSON.stringify({
      bench: 'polling',
      rate: RATE,
      seconds: SECONDS,
      ...measured,
      api_cpu_ms_per_poll: Number(((cpu * 1_000) / (RATE * SECONDS)).toFixed(3)),
      job_still_runs: after.finished_at === null,
      items_done: after.item_counts.succeeded,
    }),
  );
} finally {
  await system.stop();
}

async function poll(jobId: string, rate: number, seconds: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const latencies: number[] = [];
  const statuses: Record<string, number> = {};
  const pending: Promise<void>[] = [];
  const startedAt = performance.now();
  const total = rate * seconds;
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const due = Math.min(total, ((performance.now() - startedAt) / 1_000) * rate);
      while (pending.length < due) {
        const dueAt = startedAt + (pending.length / rate) * 1_000;
        pending.push(
          ask(agent, jobId).then((status) => {
            statuses[status] = (statuses[status] ?? 0) + 1;
            latencies.push(performance.now() - dueAt);
          }),
        );
      }
      if (pending.length < total) return;
      clearInterval(timer);
      resolve();
    }, TICK_MS);
  });
  await Promise.all(pending);
  const tookMs = performance.now() - startedAt;
  agent.destroy();
  latencies.sort((a, b) => a - b);
  const at = (share: number) => Number(latencies[Math.floor((total - 1) * share)]!.toFixed(2));
  return {
    answered_per_second: Math.round((total / tookMs) * 1_000),
    statuses,
    p50_ms: at(0.5),
    p99_ms: at(0.99),
    worst_ms: at(1),
  };
}

function ask(agent: Agent, jobId: string): Promise<number | string> {
  const headers = { authorization: `Bearer ${system.apiKey}` };
  return new Promise((resolve) => {
    const sent = request(`${system.url}/v1/jobs/${jobId}`, { agent, headers }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode ?? 'none'));
    });
    sent.once('error', (error) => resolve(error.name)).end();
  });
}
