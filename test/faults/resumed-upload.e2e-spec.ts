import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CountingProxy, type Passed } from '../rig/counting-proxy.js';
import { TestClient } from '../rig/client.js';
import { kill } from '../rig/process.js';
import { seededRandom } from '../rig/random.js';
import { REPOSITORY } from '../rig/repository.js';
import { SHORT_TIMERS } from '../rig/short-timers.js';
import { System } from '../rig/system.js';
import { writeRandomTar } from './random-tar.js';

/** `UPLOAD_MB=20480 UPLOAD_CUTS=10` is the whole of the promise, by hand: it needs three times that of disk. */
const MEGABYTES = Number(process.env['UPLOAD_MB'] ?? 64);
const CUTS = Number(process.env['UPLOAD_CUTS'] ?? 10);
const SEED = Number(process.env['FAULT_SEED'] ?? Date.now() % 1_000_000);
const MIB = 2 ** 20;
const PARALLEL = 3;
/** 64 parts at least, so that there is something to cut between. */
const PART_KIB = Math.max(512, Math.min(8_192, Math.floor(MEGABYTES * 8)));

let system: System;
let proxy: CountingProxy;

beforeAll(async () => {
  const env = { ...SHORT_TIMERS, MAX_ZIP_BYTES: String(MEGABYTES * MIB * 2), ASSEMBLE_MS: '100' };
  system = await System.start({ workers: 0, env });
  proxy = await CountingProxy.start(system.url);
});
afterAll(async () => {
  await proxy?.stop();
  await system?.stop();
});

const isPart = ({ method, url, status }: Passed): boolean =>
  method === 'PUT' && url.pathname.endsWith('/part') && status === 200;
const isComplete = ({ method, url, status }: Passed): boolean =>
  method === 'POST' && url.pathname.endsWith('/complete') && status === 202;

interface Run {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  readonly output: () => string;
}

/** The command as a shell runs it, in a process of its own. */
function upload(tar: string): Run {
  const args = ['upload', tar, '--name', 'cut', '--parallel', `${PARALLEL}`, '--json'];
  const child = spawn(
    process.execPath,
    [join(REPOSITORY, 'bin/pallet.js'), ...args, '--part-kib', `${PART_KIB}`],
    {
      env: {
        PATH: process.env['PATH'],
        HOME: system.directory,
        PALLET_URL: proxy.url,
        PALLET_API_KEY: system.apiKey,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let text = '';
  child.stdout!.on('data', (chunk: Buffer) => (text += chunk.toString()));
  let problems = '';
  child.stderr!.on('data', (chunk: Buffer) => (problems += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  void ended.then((code) => {
    if (code !== 0 && code !== null && code !== 130) console.info(problems);
  });
  return { child, ended, output: () => text };
}

it('brings every byte once through kills of client and server at random points', async () => {
  console.info(`FAULT_SEED=${SEED}, ${MEGABYTES} MB, ${CUTS} cuts`);
  const random = seededRandom(SEED);
  const tar = join(system.directory, 'all.tar');
  const hashes = await writeRandomTar(tar, { files: MEGABYTES, bytes: MIB - 1_000 });
  const { size } = await stat(tar);
  const parts = Math.ceil(size / (PART_KIB * 1_024));

  let run = upload(tar);
  for (let n = 1; n <= CUTS; n += 1) {
    await proxy.until(isPart, Math.floor((parts * (n - 1 + random())) / (CUTS + 1)), run.ended);
    const kind = Math.floor(random() * 3);
    if (kind === 0) {
      kill(system.api.pid, 'SIGKILL');
      await system.api.exited;
      await system.startApi();
    } else kill(run.child.pid!, kind === 1 ? 'SIGKILL' : 'SIGINT');
    // A client that outlives the cut goes on by itself; one that does not is started again.
    if (kind !== 0 || run.child.exitCode !== null) {
      await run.ended;
      run = upload(tar);
    }
  }
  await proxy.until(isComplete, 1, run.ended);
  kill(system.dispatcher.pid, 'SIGKILL');
  await system.dispatcher.exited;
  await system.startDispatcher();
  while ((await run.ended) !== 0) run = upload(tar);

  const answer = JSON.parse(run.output()) as {
    image_set: string;
    counts: { accepted: number; duplicate: number; refused: number };
  };
  expect(answer.counts.accepted + answer.counts.duplicate).toBe(hashes.length);
  expect(answer.counts.refused).toBe(0);
  await expectEveryPartOnce(parts, size);
  await expectImages(answer.image_set, hashes);
}, 7_200_000);

async function expectEveryPartOnce(parts: number, size: number): Promise<void> {
  const taken = proxy.passed
    .filter(isPart)
    .map(({ url }) => `${url.pathname} ${url.searchParams.get('n')}`);
  // What was acknowledged was never sent again, and belongs to one upload.
  expect(new Set(taken).size).toBe(taken.length);
  expect(new Set(taken.map((part) => part.split(' ')[0])).size).toBe(1);
  expect(taken.length).toBeLessThanOrEqual(parts);
  // Sent twice is at most what was on its way at a cut.
  const again = proxy.bytesSent - size;
  expect(again).toBeLessThan((CUTS + 1) * PARALLEL * PART_KIB * 1_024 + MIB);
  console.info(
    `${parts} parts, ${taken.length} acknowledged, ${(again / MIB).toFixed(1)} MiB sent twice`,
  );
}

async function expectImages(setId: string, hashes: readonly string[]): Promise<void> {
  const client = new TestClient(system.url, system.apiKey);
  const set = await client.request<{ image_counts: object }>('GET', `/v1/image-sets/${setId}`);
  expect(set.image_counts).toEqual({ accepted: hashes.length, refused: 0 });
  const [tenant] = await readdir(join(system.directory, 'objects', 't'));
  const folder = join(system.directory, 'objects', 't', tenant!, 'images');
  expect((await readdir(folder)).toSorted()).toEqual(hashes.toSorted());
  for (const name of hashes) {
    const hash = createHash('sha256');
    await pipeline(createReadStream(join(folder, name)), hash);
    expect(hash.digest('hex')).toBe(name);
  }
}
