import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HostResult, Task } from '#contracts';
import { EngineClient, HostCrashedError } from './engine-client.js';

const SILENCE_MS = 1_000;
const TASKS: Task[] = [{ type: 'ocr' }];
/** Says that it lives, and answers after three times the silence that is allowed; or hangs with the request. */
const HOST = `
  const say = (message) => process.send([message]);
  say({ type: 'ready', model: { family: 'test', imageSize: 1, parameters: 0 } });
  setInterval(() => say({ type: 'alive', usage: { cpuMs: 0, atMs: 0, residentBytes: 0 } }), 50);
  process.on('disconnect', () => process.exit());
  process.on('message', ([{ request }]) => {
    if (process.argv[2] === 'hangs') for (;;);
    setTimeout(() => say({ type: 'answered', request, result: { answers: [] } }), ${3 * SILENCE_MS});
  });`;

let directory: string;
let client: EngineClient;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pallet-engine-'));
});
afterEach(async () => {
  await client.close(0);
  await rm(directory, { recursive: true, force: true });
});

async function open(kind: 'lives' | 'hangs'): Promise<void> {
  const entry = join(directory, 'host.cjs');
  await writeFile(entry, HOST);
  client = new EngineClient({ entry, args: [kind], silenceMs: SILENCE_MS, onLog: () => undefined });
  await client.start();
}

/** Resolves once the request is on its way. */
async function ask(): Promise<{ answer: Promise<HostResult> }> {
  const never = new AbortController().signal;
  let answer!: Promise<HostResult>;
  await new Promise<void>((sent) => {
    answer = client.analyse(Uint8Array.of(1), TASKS, false, never, sent);
    answer.catch(() => undefined);
  });
  return { answer };
}

describe('a host that says nothing', () => {
  it('is killed, and what is inside it is told so', async () => {
    await open('hangs');
    const { answer } = await ask();
    await expect(answer).rejects.toBeInstanceOf(HostCrashedError);
  });

  it('is not taken for silent when it was the supervisor that stood still', async () => {
    await open('lives');
    const { pid } = client;
    const { answer } = await ask();
    // After `setImmediate` timers come before messages, as in a process that was stopped while it waited for either.
    await new Promise((resolve) => setImmediate(resolve));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2 * SILENCE_MS);
    expect(await answer).toEqual({ answers: [] });
    expect(client.pid).toBe(pid);
  });
});
