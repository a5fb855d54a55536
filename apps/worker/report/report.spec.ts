import { describe, expect, it } from 'vitest';
import type { WorkerActivity } from '#contracts';
import type { Database, EndedItem } from '#database';
import { CpuMeter } from './cpu-meter.js';
import { GpuReader, parseSmi } from './gpu-reader.js';
import { Reporter } from './reporter.js';
import { WorkTally } from './work-tally.js';

describe('the tally of a worker', () => {
  it('gives each count once, and what could not be told again', () => {
    const tally = new WorkTally();
    const answer = { task: 0, tokens: 7 } as NonNullable<EndedItem['answers']>[number];
    const known: EndedItem = {
      n: 0,
      state: 'succeeded',
      attempts: 1,
      answers: [{ ...answer, cached: true }],
    };
    const timings = { fetch_ms: 1, decode_ms: 1, encode_ms: 2, generate_ms: 12 };
    const item = { ...known, answers: [answer], timings };
    const failed: EndedItem = { n: 1, state: 'failed', attempts: 1 };
    tally.committed([item, known, failed]);
    const done = tally.take();
    expect(done).toEqual({ succeeded: 2, failed: 1, tokens: 7, latency: { 8: 1 } });
    expect(tally.take()).toEqual({ succeeded: 0, failed: 0, tokens: 0, latency: {} });
    tally.committed([item]);
    tally.putBack(done);
    expect(tally.take()).toEqual({ succeeded: 3, failed: 1, tokens: 14, latency: { 8: 2 } });
  });
});

describe('processor time', () => {
  it('is that between two readings, in percent of a core', () => {
    const meter = new CpuMeter();
    expect(meter.read({ cpuMs: 100, atMs: 1_000 })).toBeNull();
    expect(meter.read({ cpuMs: 2_600, atMs: 2_000 })).toBe(250);
    // Busy in a native call: nothing new was read.
    expect(meter.read({ cpuMs: 2_600, atMs: 2_000 })).toBe(250);
    expect(meter.read({ cpuMs: 2_600, atMs: 3_000 })).toBe(0);
  });

  it('of a process that was replaced begins anew', () => {
    const meter = new CpuMeter();
    meter.read({ cpuMs: 5_000, atMs: 9_000 });
    expect(meter.read(undefined)).toBeNull();
    expect(meter.read({ cpuMs: 10, atMs: 50 })).toBeNull();
    expect(meter.read({ cpuMs: 60, atMs: 150 })).toBe(50);
  });
});

describe('a GPU', () => {
  it('tells what its driver tells, and null for the rest', () => {
    expect(parseSmi('NVIDIA H200, 97, 1024, 143771\nNVIDIA H200, 0, 1, 143771\n')).toEqual({
      name: 'NVIDIA H200',
      percent: 97,
      memory_bytes: 1_073_741_824,
      memory_total_bytes: 143_771 * 2 ** 20,
    });
    expect(parseSmi('NVIDIA GB10, [N/A], [N/A], [Not Supported]')).toEqual({
      name: 'NVIDIA GB10',
      percent: null,
      memory_bytes: null,
      memory_total_bytes: null,
    });
    expect(parseSmi('No devices were found')).toBeNull();
  });

  it('is asked for by its number, not at all for a CPU, and never again without the tool', async () => {
    const asked: string[] = [];
    const absent = async (args: readonly string[]): Promise<string> => {
      asked.push(args.slice(2).join(' '));
      throw Object.assign(new Error('spawn nvidia-smi'), { code: 'ENOENT' });
    };
    await new GpuReader({ provider: 'cpu', gpu: undefined }, absent).read();
    expect(asked).toEqual([]);
    const reader = new GpuReader({ provider: 'cuda', gpu: '3' }, absent);
    expect([await reader.read(), await reader.read()]).toEqual([null, null]);
    expect(asked).toEqual(['-i 3']);
  });

  it('that does not answer now is asked again', async () => {
    let tries = 0;
    const slow = async (): Promise<string> => {
      tries += 1;
      if (tries === 1) throw new Error('timed out');
      return 'A, 1, 2, 3';
    };
    const reader = new GpuReader({ provider: 'webgpu', gpu: undefined }, slow);
    expect([await reader.read(), await reader.read()]).toMatchObject([null, { percent: 1 }]);
  });
});

describe('a report', () => {
  it('that is under way is followed by one of what has changed meanwhile, once', async () => {
    const told: unknown[] = [];
    const arrivals: (() => void)[] = [];
    let state: WorkerActivity = 'starting';
    const query = (_: string, values: readonly unknown[]) => {
      told.push(values[4]);
      return new Promise((resolve) => arrivals.push(() => resolve([{ drains: false }])));
    };
    const reporter = new Reporter(
      {
        database: { query } as unknown as Database,
        tally: new WorkTally(),
        gpu: new GpuReader({ provider: 'cpu', gpu: undefined }),
        look: () => ({ state, imagesInHost: 0, host: undefined }),
        onDrain: () => undefined,
        onFailure: (error) => {
          throw error;
        },
      },
      {
        workerId: 'w',
        model: 'm',
        version: '1',
        provider: 'cpu',
        slots: 1,
        heartbeatMs: 3_600_000,
      },
    );
    reporter.start();
    await expect.poll(() => told).toEqual(['starting']);
    state = 'ready';
    reporter.beat();
    reporter.beat();
    arrivals.shift()!();
    await expect.poll(() => told).toEqual(['starting', 'ready']);
    arrivals.shift()!();
    const stopped = reporter.stop();
    await expect.poll(() => told).toEqual(['starting', 'ready', 'ready']);
    arrivals.shift()!();
    await stopped;
  });
});
