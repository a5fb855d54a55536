/**
 * What traces cost, with an engine that answers at once, so that every cost shows: two systems beside each other, of
 * which one sends every trace to a collector, and the same job in turn on both. The collector reads and forgets.
 *
 * Predictions and figures: test/bench/README.md.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Task } from '#contracts';
import { TestClient } from '../../rig/client.js';
import { System } from '../../rig/system.js';
import { tinyImage } from '../../rig/tiny-image.js';

const ITEMS = Number(process.env['BENCH_ITEMS'] ?? 10_000);
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 7);
const UPLOAD_AT_ONCE = 1_000;
const TASKS: Task[] = [{ type: 'ocr' }];

interface Side {
  readonly system: System;
  readonly client: TestClient;
  readonly setId: string;
}

const received = { requests: 0, bytes: 0 };
const collector = createServer((request, response) => {
  request.on('data', (chunk: Buffer) => (received.bytes += chunk.length));
  request.on('end', () => {
    received.requests += 1;
    response.end('{}');
  });
}).listen(0, '127.0.0.1');
await once(collector, 'listening');
const endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;

const systems: System[] = [];
try {
  const off = await open({});
  const on = await open({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint });
  await bench(off, on);
} finally {
  await Promise.all(systems.map((system) => system.stop()));
  collector.closeAllConnections();
  collector.close();
}

async function open(env: Readonly<Record<string, string>>): Promise<Side> {
  const system = await System.start({
    isDirect: true,
    workers: 1,
    env: { LOG_LEVEL: 'warn', ...env },
  });
  systems.push(system);
  const client = new TestClient(system.url, system.apiKey);
  const set = await client.createSet('traces');
  const files = Array.from({ length: ITEMS }, (_, n) => tinyImage(n));
  for (let from = 0; from < ITEMS; from += UPLOAD_AT_ONCE) {
    await client.upload(set.id, files.slice(from, from + UPLOAD_AT_ONCE));
  }
  return { system, client, setId: set.id };
}

interface Cost {
  /** Milliseconds from the order to the last item. */
  readonly ms: number;
  /** Of the processor, of the worker's supervisor and of api and dispatcher together, milliseconds. */
  readonly workerMs: number;
  readonly othersMs: number;
}

async function time({ system, client, setId }: Side): Promise<Cost> {
  const worker = [...system.workers][0]!;
  const others = [system.api, system.dispatcher];
  const processor = (processes: readonly { readonly pid: number }[]): number =>
    processes.reduce((sum, { pid }) => sum + processorMs(pid), 0);
  const before = { worker: processor([worker]), others: processor(others) };
  const startedAt = performance.now();
  const job = await client.createJob(setId, TASKS, { cache: false });
  await client.finished(job.id, 600_000);
  return {
    ms: performance.now() - startedAt,
    workerMs: processor([worker]) - before.worker,
    othersMs: processor(others) - before.others,
  };
}

async function bench(off: Side, on: Side): Promise<void> {
  const rounds: { off: Cost; on: Cost }[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    // In turn, so that neither always comes after the other.
    const first = round % 2 === 0 ? await time(off) : undefined;
    const traced = await time(on);
    const times = { off: first ?? (await time(off)), on: traced };
    // The first round warms caches and compilers.
    if (round === 0) continue;
    rounds.push(times);
    console.log(`round ${round}: off ${shown(times.off)}; on ${shown(times.on)}`);
  }
  const ratioOf = (read: (cost: Cost) => number) => {
    const ratios = rounds.map((one) => read(one.on) / read(one.off)).toSorted((a, b) => a - b);
    return [median(ratios), ratios[0]!, ratios.at(-1)!].map((one) => Number(one.toFixed(3)));
  };
  console.log(
    JSON.stringify({
      bench: 'traces',
      items: ITEMS,
      rounds: ROUNDS,
      items_per_s_off: Math.round((ITEMS * 1000) / median(rounds.map((one) => one.off.ms))),
      // Median, least, most.
      time_ratio: ratioOf((cost) => cost.ms),
      worker_processor_ratio: ratioOf((cost) => cost.workerMs),
      others_processor_ratio: ratioOf((cost) => cost.othersMs),
      worker_us_per_item_off: Math.round(
        (median(rounds.map((one) => one.off.workerMs)) * 1000) / ITEMS,
      ),
      collector: received,
    }),
  );
}

function shown({ ms, workerMs, othersMs }: Cost): string {
  return `${ms.toFixed(0)} ms (processor: worker ${workerMs}, others ${othersMs})`;
}

/** What a process has had of the processor, milliseconds (Linux; a tick is 10). */
function processorMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
