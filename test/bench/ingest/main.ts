/**
 * Megabytes per second from the socket to the store, hashed, sniffed, recorded and put on disk, through the
 * real api. Beside it, in turn, the plain way: a Fastify route that writes the same multipart stream to
 * files, once as it is and once with its files put on disk for certain before the answer, as ours are. Then many megabytes through one fresh api process, and its resident memory.
 *
 * BENCH_FILE_KB (200,4096), BENCH_MB a run (512), BENCH_ROUNDS (5), BENCH_CONNECTIONS (4), BENCH_MEMORY_MB
 * (1,024). Predictions and figures: test/bench/README.md.
 */
import { spawnSync } from 'node:child_process';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { UploadReport } from '#contracts';
import { startService, type ChildService } from '#embedded';
import { TestClient } from '../../rig/client.js';
import { compiled } from '../../rig/repository.js';
import { System } from '../../rig/system.js';
import { cpuSeconds, median, MemorySamples } from './process-use.js';
import { sendPictures } from './send-pictures.js';

const FILE_KB = (process.env['BENCH_FILE_KB'] ?? '200,4096').split(',').map(Number);
const RUN_MB = Number(process.env['BENCH_MB'] ?? 512);
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 5);
const CONNECTIONS = Number(process.env['BENCH_CONNECTIONS'] ?? 4);
const MEMORY_MB = Number(process.env['BENCH_MEMORY_MB'] ?? 1_024);
/** Of one request; its files are removed before more than a few of them are there. */
const REQUEST_MB = 128;

interface Run {
  readonly mbPerSecond: number;
  readonly cpuSecondsPerGb: number;
}
type Send = (files: number, fileBytes: number) => Promise<void>;

const system = await System.start({ isDirect: true, workers: 0, env: { LOG_LEVEL: 'warn' } });
const objects = join(system.directory, 'objects');
const plainFolder = join(system.directory, 'plain');
let plain: ChildService | undefined;
try {
  plain = await startPlain();
  const client = new TestClient(system.url, system.apiKey);
  const { id: setId } = await client.createSet('ingest');
  const sizes = [];
  for (const kb of FILE_KB) sizes.push(await compare(kb, toPallet(setId), plain));
  await system.api.stop(10_000);
  await system.startApi();
  const memory = await measureMemory(toPallet(setId));
  console.log(
    JSON.stringify({
      bench: 'ingest',
      rounds: ROUNDS,
      connections: CONNECTIONS,
      run_mb: RUN_MB,
      sizes,
      memory_sent_mb: MEMORY_MB,
      memory,
    }),
  );
} finally {
  await plain?.stop(2_000);
  await system.stop();
}

async function startPlain(): Promise<ChildService> {
  await mkdir(plainFolder);
  return startService({
    name: 'plain',
    entry: compiled('test/bench/ingest/plain-route.js'),
    args: [plainFolder],
    env: { PATH: process.env['PATH'] },
  });
}

async function compare(kb: number, toOurs: Send, other: ChildService) {
  const ways = {
    ours: () => measure(toOurs, system.api.pid, kb),
    plain: () => measure(toPlain(other, false), other.pid, kb),
    durable: () => measure(toPlain(other, true), other.pid, kb),
  };
  const rounds: Record<keyof typeof ways, Run>[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const runs: Partial<Record<keyof typeof ways, Run>> = {};
    const names = Object.keys(ways) as (keyof typeof ways)[];
    // Forwards and backwards in turn: what one leaves to the disk, the others must not always pay.
    for (const name of round % 2 === 0 ? names : names.toReversed())
      runs[name] = await ways[name]();
    // The first round warms caches and compilers.
    if (round === 0) continue;
    const { ours, plain: bare, durable } = runs as Record<keyof typeof ways, Run>;
    rounds.push({ ours, plain: bare, durable });
    console.log(
      `${kb} kB, round ${round}: ours ${shown(ours)}, plain ${shown(bare)}, plain and durable ${shown(durable)}`,
    );
  }
  return summary(kb, rounds);
}

function shown({ mbPerSecond, cpuSecondsPerGb }: Run): string {
  return `${mbPerSecond.toFixed(0)} MB/s (${cpuSecondsPerGb.toFixed(1)} s of cpu a GB)`;
}

function summary(kb: number, rounds: readonly Record<'ours' | 'plain' | 'durable', Run>[]) {
  const one = (way: 'ours' | 'plain' | 'durable') => ({
    mb_per_s: round2(median(rounds.map((runs) => runs[way].mbPerSecond))),
    cpu_s_per_gb: round2(median(rounds.map((runs) => runs[way].cpuSecondsPerGb))),
  });
  const ratioTo = (way: 'plain' | 'durable') => {
    const ratios = rounds.map((runs) => runs.ours.mbPerSecond / runs[way].mbPerSecond);
    return {
      ratio: round2(median(ratios)),
      range: [round2(Math.min(...ratios)), round2(Math.max(...ratios))],
    };
  };
  return {
    file_kb: kb,
    ours: one('ours'),
    plain: { ...one('plain'), ...ratioTo('plain') },
    plain_durable: { ...one('durable'), ...ratioTo('durable') },
  };
}

/** One run of `RUN_MB`, from the first byte to the last answer; then its files are removed. */
async function measure(send: Send, pid: number, kb: number): Promise<Run> {
  const cpuBefore = cpuSeconds(pid);
  const startedAt = performance.now();
  const mb = await sendAll(send, kb, RUN_MB);
  const seconds = (performance.now() - startedAt) / 1_000;
  const cpu = cpuSeconds(pid) - cpuBefore;
  await removeFiles();
  // What one run has left to the disk is not for the next one to wait for.
  spawnSync('sync');
  return { mbPerSecond: mb / seconds, cpuSecondsPerGb: (cpu * 1_024) / mb };
}

/** Memory is looked at while files of all sizes come; a first request has loaded what every one needs. */
async function measureMemory(send: Send) {
  for (const kb of FILE_KB) await send(1, kb * 1_024);
  const samples = new MemorySamples(system.api.pid);
  const part = REQUEST_MB * CONNECTIONS;
  for (let sent = 0, n = 0; sent < MEMORY_MB; sent += part, n += 1) {
    await sendAll(send, FILE_KB[n % FILE_KB.length]!, Math.min(part, MEMORY_MB - sent));
    await removeFiles();
  }
  return samples.stop();
}

/** Over all connections at once, in requests of `REQUEST_MB` at most. Output: megabytes sent. */
async function sendAll(send: Send, kb: number, mb: number): Promise<number> {
  const fileBytes = kb * 1_024;
  const filesOf = (megabytes: number) => Math.max(1, Math.round((megabytes * 2 ** 20) / fileBytes));
  const perConnection = filesOf(mb / CONNECTIONS);
  const perRequest = filesOf(REQUEST_MB);
  const connection = async () => {
    for (let sent = 0; sent < perConnection; sent += perRequest) {
      await send(Math.min(perRequest, perConnection - sent), fileBytes);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, connection));
  return (perConnection * CONNECTIONS * fileBytes) / 2 ** 20;
}

function toPallet(setId: string): Send {
  return async (files, fileBytes) => {
    const url = `${system.url}/v1/image-sets/${setId}/images`;
    const headers = { authorization: `Bearer ${system.apiKey}` };
    const { counts } = (await sendPictures({ url, headers, files, fileBytes })) as UploadReport;
    if (counts.accepted !== files) throw new Error(`of ${files}: ${JSON.stringify(counts)}`);
  };
}

function toPlain(service: ChildService, isDurable: boolean): Send {
  const { url: base } = service.ready as { url: string };
  const url = `${base}/files${isDurable ? '?durable=1' : ''}`;
  return async (files, fileBytes) => {
    const answer = await sendPictures({ url, headers: {}, files, fileBytes });
    const { bytes } = answer as { bytes: number };
    if (bytes !== files * fileBytes) throw new Error(`${bytes} of ${files * fileBytes} bytes`);
  };
}

/** Behind the api's back: all that it has taken is another content than all that is still to come. */
async function removeFiles(): Promise<void> {
  for (const folder of [objects, plainFolder]) {
    for (const name of await readdir(folder)) {
      if (name === '.incoming') continue;
      await rm(join(folder, name), { recursive: true, force: true });
    }
  }
}

function round2(value: number): number {
  return Number(value.toFixed(2));
}
