import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { useRedis } from '#testing';
import { connectQueue } from './connect-queue.js';
import { within } from './deadline.js';
import { describeDispatchQueue, signal, tickets } from './dispatch-queue.contract.js';
import { ticketId, type QueueSystem } from './dispatch-queue.js';

const redis = useRedis();

describeDispatchQueue('BullMQ on Redis', (onError) => connectQueue(redis.url(), { onError }));

describe('BullMQ on Redis, when Redis fails', () => {
  let system: QueueSystem;
  let handled: string[];

  beforeEach(async () => {
    await redis.flushAll();
    system = await connectQueue(redis.url());
    handled = [];
  });
  afterEach(() => system.close(1_000));

  const consume = (): ReturnType<QueueSystem['consume']> =>
    system.consume('m', 'bulk', { concurrency: 1 }, async (ticket) => {
      handled.push(ticketId(ticket));
    });
  const queue = (): ReturnType<QueueSystem['queue']> => system.queue('m', 'bulk');

  /** By a timer of this process, and not by the clock: what holds up the one holds up the other. */
  const refusalWithin = (ms: number, work: Promise<unknown>): Promise<unknown> =>
    within(
      work.catch((error: unknown) => error),
      ms,
    );
  const closesWithin = async (ms: number, closing: Promise<void>): Promise<boolean> =>
    (await within(
      closing.then(() => true),
      ms,
    )) ?? false;

  it('holds nothing after FLUSHALL and consumes what is added anew', async () => {
    await queue().add(tickets(5));
    await redis.flushAll();
    expect(await queue().depth()).toBe(0);
    expect(await queue().held()).toEqual(new Set());
    consume();
    await queue().add(tickets(5));
    await expect.poll(() => handled).toEqual(tickets(5).map(ticketId));
  });

  it('lets a handler end in peace when FLUSHALL takes its ticket away', async () => {
    const started = signal();
    const go = signal();
    const seen: string[] = [];
    system.consume('m', 'bulk', { concurrency: 1 }, async (ticket, aborted) => {
      started.resolve();
      await go.promise;
      seen.push(`${ticketId(ticket)} ${aborted.aborted}`);
    });
    await queue().add(tickets(1));
    await started.promise;
    await redis.flushAll();
    go.resolve();
    await queue().add(tickets(1, 2));
    await expect.poll(() => seen).toEqual(['1-1 false', '1-2 false']);
  });

  it('refuses within 2 s while Redis is away, and consumes when it is back empty', async () => {
    consume();
    await queue().add(tickets(1));
    await expect.poll(() => handled).toEqual(['1-1']);
    await redis.stop();
    const asked = [queue().add(tickets(1, 2)), queue().depth(), queue().held(), system.check()];
    for (const refusal of await Promise.all(asked.map((work) => refusalWithin(2_000, work)))) {
      expect(refusal).toMatchObject({ code: 'queue.unavailable', retryable: true });
    }
    await redis.start();
    // Added once: what was not answered in time may have been added all the same.
    await expect.poll(() => system.check()).toBeUndefined();
    await queue().add(tickets(1, 3));
    await expect.poll(() => handled).toEqual(['1-1', '1-3']);
  });

  it('refuses within 2 s while Redis is frozen, and goes on when it thaws', async () => {
    consume();
    await queue().add(tickets(1));
    await expect.poll(() => handled).toEqual(['1-1']);
    redis.freeze();
    const refusal = await refusalWithin(2_000, queue().add(tickets(1, 2)));
    redis.thaw();
    expect(refusal).toMatchObject({ code: 'queue.unavailable' });
    await expect.poll(() => queue().add(tickets(1, 3))).toBeUndefined();
    await expect.poll(() => handled.includes('1-3')).toBe(true);
  });

  it('closes by its deadline while Redis is frozen', async () => {
    consume();
    await queue().add(tickets(1));
    await expect.poll(() => handled).toEqual(['1-1']);
    redis.freeze();
    const isClosed = await closesWithin(1_000, system.close(700));
    redis.thaw();
    expect(isClosed).toBe(true);
  });

  it('closes by its deadline while Redis is down', async () => {
    const consumer = consume();
    await redis.stop();
    const alone = await closesWithin(1_000, consumer.close(700));
    const all = await closesWithin(1_000, system.close(700));
    await redis.start();
    expect([alone, all]).toEqual([true, true]);
  });

  it('starts while Redis is down and consumes when it comes', async () => {
    await redis.stop();
    const errors: Error[] = [];
    const early = await connectQueue(redis.url(), { onError: (error) => errors.push(error) });
    const seen = signal<string>();
    early.consume('m', 'bulk', { concurrency: 1 }, async (ticket) =>
      seen.resolve(ticketId(ticket)),
    );
    await expect(early.queue('m', 'bulk').add(tickets(1))).rejects.toMatchObject({
      code: 'queue.unavailable',
    });
    expect(errors.length).toBeGreaterThan(0);
    await redis.start();
    const add = (): Promise<void> => early.queue('m', 'bulk').add(tickets(1));
    await expect.poll(add).toBeUndefined();
    expect(await seen.promise).toBe('1-1');
    await early.close(1_000);
  });

  it('refuses a Redis that may throw keys away', async () => {
    await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
    await expect(system.check()).resolves.toBeUndefined();
    await redis.command('CONFIG', 'SET', 'maxmemory', '100mb');
    await expect(system.check()).rejects.toMatchObject({ code: 'queue.redis_policy' });
    await expect(connectQueue(redis.url())).rejects.toThrow(/allkeys-lru.*noeviction/);
    await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
    await expect(system.check()).resolves.toBeUndefined();
    await redis.command('CONFIG', 'SET', 'maxmemory', '0');
  });

  it('needs less than 1 kB of Redis per waiting ticket of up to 256 images', async () => {
    const shards = Array.from({ length: 500 }, (_, n) => ({
      shardId: `${90_000 + n}`,
      generation: 1,
    }));
    await queue().add(shards);
    const keys = (await redis.command('KEYS', 'pallet:*'))
      .split('\r\n')
      .filter((line) => line.startsWith('pallet:'));
    let bytes = 0;
    for (const key of keys) {
      bytes += Number((await redis.command('MEMORY', 'USAGE', key, 'SAMPLES', '0')).slice(1));
    }
    console.info(`${Math.round(bytes / shards.length)} bytes per waiting ticket`);
    expect(keys.length).toBeGreaterThan(500);
    expect(bytes / shards.length).toBeLessThan(1_000);
  });
});
