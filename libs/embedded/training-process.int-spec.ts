import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TrainingOrder } from '#contracts';
import { TrainingProcess } from './training-process.js';

const SILENCE_MS = 1_000;
/** Says that it lives, and is done after three times the silence that is allowed; or hangs with its order. */
const HOST = `
  setInterval(() => process.send({ type: 'alive' }), 50);
  process.on('disconnect', () => process.exit());
  process.on('message', ({ order }) => {
    process.send({ type: 'progress', progress: { kind: 'started' } });
    if (order.base === 'hangs') for (;;);
    const ended = { type: 'ended', end: 'finished', step: 1 };
    setTimeout(() => process.send(ended, () => process.exit()), ${3 * SILENCE_MS});
  });
  process.send({ type: 'ready' });`;

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pallet-training-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** Resolves when it has its order. */
async function open(base: 'lives' | 'hangs'): Promise<TrainingProcess> {
  const entry = join(directory, 'host.cjs');
  await writeFile(entry, HOST);
  const order = { base } as TrainingOrder;
  return new Promise((resolve) => {
    const training: TrainingProcess = new TrainingProcess({
      entry,
      order,
      silenceMs: SILENCE_MS,
      onProgress: () => resolve(training),
    });
  });
}

describe('a training that says nothing', () => {
  it('is killed', async () => {
    const training = await open('hangs');
    expect(await training.ended).toEqual({ type: 'crashed', how: 'ended with SIGKILL' });
  });

  it('is not taken for silent when it was its parent that stood still', async () => {
    const training = await open('lives');
    // After `setImmediate` timers come before messages, as in a process that was stopped while it waited for either.
    await new Promise((resolve) => setImmediate(resolve));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2 * SILENCE_MS);
    expect(await training.ended).toMatchObject({ type: 'ended', end: 'finished' });
  });
});
