import { describe, expect, it } from 'vitest';
import { usePostgres } from '#testing';
import { connectQueue } from './connect-queue.js';
import { describeDispatchQueue, tickets } from './dispatch-queue.contract.js';

const postgres = usePostgres();
let url: string | undefined;

describeDispatchQueue('BullMQ on Postgres', async (onError) => {
  url ??= await postgres.createDatabase();
  return connectQueue(url, { onError });
});

describe('BullMQ on Postgres', () => {
  it('makes its schema once although many processes start together', async () => {
    const fresh = await postgres.createDatabase();
    const systems = await Promise.all(Array.from({ length: 6 }, () => connectQueue(fresh)));
    await systems[0]!.queue('m', 'bulk').add(tickets(1));
    expect(await systems[5]!.queue('m', 'bulk').depth()).toBe(1);
    await Promise.all(systems.map((system) => system.close(2_000)));
  });

  it('fails fast while Postgres is away and goes on when it is back', async () => {
    const system = await connectQueue(await postgres.createDatabase());
    const handled: string[] = [];
    system.consume('m', 'bulk', { concurrency: 1 }, async ({ shardId }) => {
      handled.push(shardId);
    });
    const queue = system.queue('m', 'bulk');
    await queue.add(tickets(1));
    await expect.poll(() => handled).toEqual(['1']);
    await postgres.kill();
    await expect(queue.add(tickets(1, 2))).rejects.toMatchObject({
      code: 'queue.unavailable',
      retryable: true,
    });
    await postgres.start();
    // The first connection may take longer than a caller waits for it.
    await expect.poll(() => system.check()).toBeUndefined();
    await queue.add(tickets(1, 3));
    await expect.poll(() => handled).toEqual(['1', '1']);
    await system.close(2_000);
  });

  it('says that it is away when it is', async () => {
    await expect(connectQueue('postgres://nobody@127.0.0.1:1/none')).rejects.toMatchObject({
      code: 'queue.unavailable',
    });
    await expect(connectQueue('amqp://127.0.0.1')).rejects.toMatchObject({ code: 'queue.url' });
  });
});
