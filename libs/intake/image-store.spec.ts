import { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { Database } from '#database';
import type { ObjectStore } from '#storage';
import { storeImage } from './image-store.js';

const TENANT = '01990000-0000-7000-8000-000000000001';
const SHA256 = 'ab'.repeat(32);

/** A database that has never seen a content, and a store that takes a body when it is let. */
function world() {
  const order: string[] = [];
  let take: () => void = () => undefined;
  const taken = new Promise<void>((resolve) => {
    take = resolve;
  });
  const look = { tenantId: TENANT, sha256: SHA256, stored: false, leaving: false, usedBytes: 0 };
  const database = { query: async () => [{ ...look, at: 'now' }] } as unknown as Database;
  const store = {
    put: async () => {
      order.push('put begins');
      await taken;
      order.push('put ends');
    },
  } as unknown as ObjectStore;
  const file = {
    sha256: SHA256,
    bytes: 3,
    send: (to: (body: Readable) => Promise<unknown>) => to(Readable.from([Buffer.from('abc')])),
  } as unknown as Parameters<typeof storeImage>[2];
  return { order, take: () => take(), parts: { database, store }, file };
}

it('says that a picture is there when the store has its bytes, and not before: then its row is written', async () => {
  const { order, take, parts, file } = world();
  const owner = { tenantId: TENANT, quota: { storedBytes: Number.POSITIVE_INFINITY } };
  const stored = storeImage(parts, owner as Parameters<typeof storeImage>[1], file).then(() => {
    order.push('said so');
  });
  while (order.length === 0) await turn();
  for (let n = 0; n < 20; n += 1) await turn();
  expect(order).toEqual(['put begins']);
  take();
  await stored;
  expect(order).toEqual(['put begins', 'put ends', 'said so']);
});
