import { describe, expect, it, vi } from 'vitest';
import { AppError } from '#contracts';
import { LeaseKeeper, LeaseLostError, MicroBatches, persist } from './index.js';

const passing = (): AppError => new AppError('database.unavailable', 'away', { retryable: true });

const ignore = (): void => undefined;

describe('micro-batches', () => {
  it('commit everything once and in order, one batch at a time, whatever fails', async () => {
    const committed: number[][] = [];
    let open = 0;
    const batches = new MicroBatches<number>(async (entries) => {
      open += 1;
      expect(open).toBe(1);
      await Promise.resolve();
      open -= 1;
      committed.push([...entries]);
      if (entries.includes(2)) throw new Error('refused');
    }, ignore);
    batches.add(1);
    const first = batches.flush();
    await Promise.all([first, batches.flush()]);
    batches.add(2);
    await expect(batches.flush()).rejects.toThrow('refused');
    batches.add(3);
    batches.add(4);
    await Promise.all([batches.flush(), batches.flush()]);
    expect(committed).toEqual([[1], [2], [3, 4]]);
  });

  it('are committed when they are full, without being asked', async () => {
    let count = 0;
    const full = new Promise<void>((resolve) => {
      const batches = new MicroBatches<number>((entries) => {
        count += entries.length;
        resolve();
        return Promise.resolve();
      }, ignore);
      for (let entry = 0; entry < 256; entry++) batches.add(entry);
    });
    await full;
    expect(count).toBe(256);
  });
});

describe('persist', () => {
  it('waits out what passes, and gives up with the lease', async () => {
    const lost = new AbortController();
    let tries = 0;
    const work = (): Promise<string> => {
      tries += 1;
      return tries < 2 ? Promise.reject(passing()) : Promise.resolve('done');
    };
    await expect(persist(lost.signal, work)).resolves.toBe('done');
    const failing = persist(lost.signal, () => {
      lost.abort();
      return Promise.reject(passing());
    });
    await expect(failing).rejects.toBeInstanceOf(LeaseLostError);
    await expect(
      persist(new AbortController().signal, () => Promise.reject(new Error('for good'))),
    ).rejects.toThrow('for good');
  });
});

describe('a lease keeper', () => {
  it('tells each holder of its own lease: kept, cancelled, paused, lost, given up', async () => {
    vi.useFakeTimers();
    const answers = new Map<string, { cancelling: boolean; pausing?: boolean } | undefined>([
      ['kept', { cancelling: false }],
      ['cancelled', { cancelling: true }],
      ['paused', { cancelling: false, pausing: true }],
    ]);
    const keeper = new LeaseKeeper<string>(
      (leases) => Promise.resolve(leases.map((lease) => answers.get(lease))),
      { leaseMs: 1_000, heartbeatMs: 100 },
      ignore,
    );
    try {
      const held = ['kept', 'cancelled', 'lost', 'paused'].map((lease) => keeper.hold(lease));
      keeper.start();
      await vi.advanceTimersByTimeAsync(100);
      expect(held.map(({ lost, cancelled }) => [lost.aborted, cancelled.aborted])).toEqual([
        [false, false],
        [false, true],
        [true, false],
        [false, false],
      ]);
      expect(held.map(({ paused }) => paused.aborted)).toEqual([false, false, false, true]);
      held[0]!.giveUp();
      expect(held[0]!.lost.aborted).toBe(true);
    } finally {
      keeper.stop();
      vi.useRealTimers();
    }
  });

  it('treats a lease as lost that could not be renewed for its whole length', async () => {
    vi.useFakeTimers();
    const onError = vi.fn<(error: unknown) => void>();
    const keeper = new LeaseKeeper<string>(
      () => Promise.reject(passing()),
      { leaseMs: 1_000, heartbeatMs: 100 },
      onError,
    );
    try {
      const { lost } = keeper.hold('one');
      keeper.start();
      await vi.advanceTimersByTimeAsync(900);
      expect(lost.aborted).toBe(false);
      await vi.advanceTimersByTimeAsync(300);
      expect(lost.aborted).toBe(true);
      expect(onError).toHaveBeenCalled();
    } finally {
      keeper.stop();
      vi.useRealTimers();
    }
  });
});
