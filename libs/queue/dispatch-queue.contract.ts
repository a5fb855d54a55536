import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import type { ShardTicket } from '#contracts';
import { within } from './deadline.js';
import { ticketId, type Consumer, type QueueSystem } from './dispatch-queue.js';

export type OpenQueueSystem = (onError: (error: Error) => void) => Promise<QueueSystem>;

/** A promise to be settled from outside. */
export function signal<T = void>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

export const tickets = (count: number, generation = 1): ShardTicket[] =>
  Array.from({ length: count }, (_, n) => ({ shardId: `${n + 1}`, generation }));

/** What every adapter of `QueueSystem` owes. `open` connects anew to one and the same store. */
export function describeDispatchQueue(adapter: string, open: OpenQueueSystem): void {
  describe(`${adapter} keeps the QueueSystem contract`, () => {
    const systems: QueueSystem[] = [];
    const errors: Error[] = [];

    async function connect(): Promise<{ system: QueueSystem; model: string }> {
      const system = await open((error) => errors.push(error));
      systems.push(system);
      return { system, model: `model ${randomUUID()}` };
    }
    afterEach(async () => {
      await Promise.all(systems.splice(0).map((system) => system.close(2_000)));
      errors.length = 0;
    });

    it('hands each ticket to one of its consumers', async () => {
      const { system, model } = await connect();
      const { system: other } = await connect();
      const seen: string[] = [];
      const handle = async (ticket: ShardTicket): Promise<void> => {
        seen.push(ticketId(ticket));
      };
      system.consume(model, 'bulk', { concurrency: 2 }, handle);
      other.consume(model, 'bulk', { concurrency: 2 }, handle);
      await system.queue(model, 'bulk').add(tickets(200));
      await expect.poll(() => seen.length).toBe(200);
      expect(new Set(seen)).toEqual(new Set(tickets(200).map(ticketId)));
      await expect.poll(async () => (await system.queue(model, 'bulk').held()).size).toBe(0);
      expect(seen).toHaveLength(200);
    });

    it('adds a ticket once while it is held, and again when it is gone', async () => {
      const { system, model } = await connect();
      const queue = system.queue(model, 'bulk');
      await queue.add(tickets(3));
      await queue.add(tickets(3), { priority: 5 });
      expect(await queue.depth()).toBe(3);
      const [first] = tickets(1);
      await queue.add([{ ...first!, generation: 2 }]);
      expect(await queue.depth()).toBe(4);

      const handled: string[] = [];
      system.consume(model, 'bulk', { concurrency: 1 }, async (ticket) => {
        handled.push(ticketId(ticket));
      });
      await expect.poll(async () => (await queue.held()).size).toBe(0);
      await queue.add(tickets(1));
      await expect.poll(() => handled).toEqual(['1-1', '2-1', '3-1', '1-2', '1-1']);
    });

    it('counts what waits, and holds what waits or is handled', async () => {
      const { system, model } = await connect();
      const queue = system.queue(model, 'interactive');
      const started = signal();
      const go = signal();
      system.consume(model, 'interactive', { concurrency: 1 }, async () => {
        started.resolve();
        await go.promise;
      });
      await queue.add(tickets(3));
      await started.promise;
      expect(await queue.depth()).toBe(2);
      expect(await queue.held()).toEqual(new Set(['1-1', '2-1', '3-1']));
      await queue.add(tickets(1));
      expect(await queue.depth()).toBe(2);
      go.resolve();
      await expect.poll(async () => (await queue.held()).size).toBe(0);
    });

    it('takes a higher priority sooner and equal ones in their order', async () => {
      const { system, model } = await connect();
      const queue = system.queue(model, 'bulk');
      const add = (shardId: string, priority?: number): Promise<void> =>
        queue.add([{ shardId, generation: 0 }], { priority });
      await add('default-a');
      await add('low', -10);
      await add('high-a', 10);
      await add('default-b', 0);
      await add('high-b', 10);
      await add('middle', 1);
      expect(await queue.depth()).toBe(6);
      const order: string[] = [];
      system.consume(model, 'bulk', { concurrency: 1 }, async ({ shardId }) => {
        order.push(shardId);
      });
      await expect
        .poll(() => order)
        .toEqual(['high-a', 'high-b', 'middle', 'default-a', 'default-b', 'low']);
    });

    it('keeps models and lanes apart, whatever a model is called', async () => {
      const { system, model } = await connect();
      const names = [
        model,
        `${model}:x`,
        `${model}/{y}%3Ax`,
        `${model} ü`,
        `${'m'.repeat(128)}${model}`,
      ];
      for (const name of names) await system.queue(name, 'bulk').add(tickets(1));
      await system.queue(model, 'interactive').add(tickets(2));
      for (const name of names) expect(await system.queue(name, 'bulk').depth()).toBe(1);
      const handled: string[] = [];
      for (const name of names) {
        system.consume(name, 'bulk', { concurrency: 1 }, async () => void handled.push(name));
      }
      await expect.poll(() => handled.length).toBe(names.length);
      expect(new Set(handled)).toEqual(new Set(names));
      expect(await system.queue(model, 'interactive').depth()).toBe(2);
    });

    it('tells when a handler throws, drops the ticket and goes on', async () => {
      const { system, model } = await connect();
      const queue = system.queue(model, 'bulk');
      const handled: string[] = [];
      system.consume(model, 'bulk', { concurrency: 1 }, async ({ shardId }) => {
        handled.push(shardId);
        if (shardId === '1') throw new Error('shard 1 went wrong');
      });
      await queue.add(tickets(2));
      await expect.poll(() => handled).toEqual(['1', '2']);
      await expect.poll(async () => (await queue.held()).size).toBe(0);
      expect(errors.map(({ message }) => message)).toEqual(['shard 1 went wrong']);
    });

    it('handles no more at once than it was told', async () => {
      const { system, model } = await connect();
      const go = signal();
      const running: string[] = [];
      system.consume(model, 'bulk', { concurrency: 3 }, async (ticket) => {
        running.push(ticketId(ticket));
        await go.promise;
      });
      const queue = system.queue(model, 'bulk');
      await queue.add(tickets(5));
      await expect.poll(() => running.length).toBe(3);
      expect(await queue.depth()).toBe(2);
      go.resolve();
      await expect.poll(() => running.length).toBe(5);
    });

    it('takes nothing new once it is paused, and leaves it to others', async () => {
      const { system, model } = await connect();
      const queue = system.queue(model, 'bulk');
      const first: string[] = [];
      const go = signal();
      const consumer = system.consume(model, 'bulk', { concurrency: 2 }, async ({ shardId }) => {
        first.push(shardId);
        await go.promise;
      });
      await queue.add(tickets(1));
      await expect.poll(() => first).toEqual(['1']);
      await consumer.pause();
      await queue.add([{ shardId: 'later', generation: 1 }]);
      const second: string[] = [];
      system.consume(model, 'bulk', { concurrency: 1 }, async ({ shardId }) => {
        second.push(shardId);
      });
      await expect.poll(() => second).toEqual(['later']);
      go.resolve();
      await expect.poll(async () => (await queue.held()).size).toBe(0);
      expect(first).toEqual(['1']);
    });

    describeClose(connect);

    it('answers that it is there', async () => {
      const { system } = await connect();
      await expect(system.check()).resolves.toBeUndefined();
    });
  });
}

function describeClose(connect: () => Promise<{ system: QueueSystem; model: string }>): void {
  it('aborts its handlers at close, waits for them and leaves the rest', async () => {
    const { system, model } = await connect();
    const queue = system.queue(model, 'bulk');
    const started = signal<AbortSignal>();
    let ended = false;
    const consumer = system.consume(model, 'bulk', { concurrency: 1 }, async (_, aborted) => {
      started.resolve(aborted);
      await new Promise((resolve) => aborted.addEventListener('abort', resolve));
      ended = true;
    });
    await queue.add(tickets(3));
    expect((await started.promise).aborted).toBe(false);
    await consumer.close(5_000);
    expect(ended).toBe(true);
    expect(await queue.held()).toEqual(new Set(['2-1', '3-1']));
  });

  it('delivers again what a consumer had to leave, after its lock ends', async () => {
    const { system, model } = await connect();
    const { system: other } = await connect();
    const started = signal();
    const never = signal();
    const stuck: Consumer = system.consume(model, 'bulk', { concurrency: 1 }, async () => {
      started.resolve();
      await never.promise;
    });
    await system.queue(model, 'bulk').add(tickets(1));
    await started.promise;
    const began = Date.now();
    const closing = stuck.close(300).then(() => 'closed');
    expect(await within(closing, 1_000)).toBe('closed');
    const again = signal<ShardTicket>();
    other.consume(model, 'bulk', { concurrency: 1 }, async (ticket) => again.resolve(ticket));
    expect(await again.promise).toEqual({ shardId: '1', generation: 1 });
    expect(Date.now() - began).toBeLessThan(25_000);
  });
}
