import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadDispatcherConfig, type WebhookLimits } from '#config';
import { newUuid, parsePublicId } from '#contracts';
import {
  addTestDelivery,
  claimDeliveries,
  createWebhook,
  Database,
  findWebhook,
  listAttempts,
  listDeliveries,
  migrate,
  rotateWebhookSecret,
} from '#database';
import { OutgoingGuard, parseAllowList } from '#outgoing';
import { SecretBox } from '#secrets';
import { createLogger } from '#telemetry';
import { usePostgres } from '#testing';
import { createWebhookSecret } from '#webhooks';
import { Notifier } from './notifier.js';

const postgres = usePostgres();
let database: Database;
let tenantId: string;
const log = createLogger('dispatcher', 'silent');

beforeAll(async () => {
  database = new Database(await postgres.createDatabase());
  await migrate(database);
});
afterAll(() => database?.close());
beforeEach(async () => {
  await database.query(`UPDATE webhook_endpoints SET state = 'removed'`);
  tenantId = newUuid();
  await database.query('INSERT INTO tenants (id, name) VALUES ($1, $2)', [tenantId, tenantId]);
});

interface Received {
  headers: Record<string, string>;
  body: string;
}
type Answer = (response: ServerResponse, request: IncomingMessage) => void;
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A receiver with an endpoint of its own. */
async function receive(answer: Answer = (response) => response.writeHead(204).end()) {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      received.push({ headers: request.headers as Record<string, string>, body });
      answer(response, request);
    });
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  const id = newUuid();
  const secret = createWebhookSecret();
  const order = { url, description: null, events: ['job.finished'], payload: 'thin' as const };
  await database.transaction((tx) =>
    createWebhook(tx, { ...order, id, tenantId, scope: 'all', secret }),
  );
  return { id, secret, received, server };
}

const guard = new OutgoingGuard({ allow: parseAllowList('127.0.0.0/8') });
const { webhooks: LIMITS } = loadDispatcherConfig({
  DATABASE_URL: 'postgres://x/y',
  QUEUE_URL: 'redis://x',
  STORAGE_URL: 'file:///x',
});
const notifier = (limits: Partial<WebhookLimits> = {}, over = guard) =>
  new Notifier({
    database,
    guard: over,
    secrets: new SecretBox(undefined),
    log,
    limits: { ...LIMITS, ...limits },
    random: () => 0,
  });
const test = (id: string) => addTestDelivery(database, tenantId, id);
const deliveries = (id: string) => listDeliveries(database, id, { limit: 100 });
async function send(limits?: Partial<WebhookLimits>): Promise<void> {
  const one = notifier(limits);
  while (await one.step()) await one.idle();
}
const makeDue = (id: string) =>
  database.query(
    `WITH rested AS (UPDATE webhook_endpoints SET not_before = NULL WHERE id = $1)
     UPDATE webhook_deliveries SET next_attempt_at = now() WHERE endpoint_id = $1 AND state = 'pending'`,
    [id],
  );

describe('a delivery', () => {
  it('is what the standardwebhooks package verifies, with every attempt in the log', async () => {
    const { id, secret, received } = await receive((response) =>
      response.writeHead(received.length === 1 ? 500 : 200).end('seen'),
    );
    const delivery = await test(id);
    await send();
    await makeDue(id);
    await send();
    expect(received).toHaveLength(2);
    for (const { headers, body } of received) {
      expect(new Webhook(secret).verify(body, headers)).toMatchObject({ type: 'webhook.test' });
    }
    const [first, second] = received;
    expect(second!.headers['webhook-id']).toBe(first!.headers['webhook-id']);
    expect(second!.body).toBe(first!.body);
    const eventId = parsePublicId('event', first!.headers['webhook-id']!);
    expect(await deliveries(id)).toMatchObject([{ id: delivery, eventId, state: 'delivered' }]);
    const attempts = await listAttempts(database, delivery);
    expect(attempts).toMatchObject([
      {
        n: 1,
        response: { status: 500, body: { text: 'seen' } },
        error: { code: 'webhook.not_accepted' },
      },
      { n: 2, response: { status: 200 }, error: null, request: { body: { text: first!.body } } },
    ]);
  });

  it('is signed with both secrets during a rotation', async () => {
    const { id, secret, received } = await receive();
    const next = createWebhookSecret();
    await database.transaction((tx) => rotateWebhookSecret(tx, id, next, 3600));
    await test(id);
    await send();
    const { body, headers } = received[0]!;
    for (const valid of [secret, next])
      expect(new Webhook(valid).verify(body, headers)).toBeTruthy();
  });

  it('answered with 410 switches its endpoint off', async () => {
    const { id, received } = await receive((response) => response.writeHead(410).end());
    await test(id);
    await test(id);
    await send({ inFlightPerEndpoint: 1 });
    expect(received).toHaveLength(1);
    expect(await findWebhook(database, tenantId, id)).toMatchObject({
      state: 'disabled',
      disabledReason: 'gone',
    });
  });

  it('answered with a redirect goes nowhere else', async () => {
    const inner = await receive();
    const address = inner.server.address() as AddressInfo;
    const location = `http://127.0.0.1:${address.port}/`;
    const { id } = await receive((response) => response.writeHead(307, { location }).end());
    await test(id);
    await send();
    expect(inner.received).toEqual([]);
    expect(await deliveries(id)).toMatchObject([{ state: 'pending', lastStatus: 307 }]);
  });

  it('waits as long as Retry-After says, and so does everything to that endpoint', async () => {
    const { id } = await receive((response) =>
      response.writeHead(429, { 'retry-after': '600' }).end(),
    );
    await test(id);
    await send();
    const [{ nextAttemptAt } = { nextAttemptAt: null }] = await deliveries(id);
    expect(nextAttemptAt!.getTime() - Date.now()).toBeGreaterThan(590_000);
    await test(id);
    expect(await notifier().step()).toBe(false);
  });

  it('is given up after ten attempts', async () => {
    const { id, received } = await receive((response) => response.writeHead(500).end());
    await test(id);
    for (let n = 0; n < 12; n += 1) {
      await send();
      await makeDue(id);
    }
    expect(received).toHaveLength(10);
    expect(await deliveries(id)).toMatchObject([{ state: 'failed', attempts: 10 }]);
  });

  it('to an address that is not public is never made', async () => {
    const { id, received, server } = await receive();
    const strict = new OutgoingGuard({ allow: parseAllowList('') });
    let connections = 0;
    server.on('connection', () => (connections += 1));
    await test(id);
    const one = notifier({}, strict);
    await one.step();
    await one.idle();
    expect([received.length, connections]).toEqual([0, 0]);
    expect(await deliveries(id)).toMatchObject([{ state: 'pending', lastStatus: null }]);
  });
});

describe('a misbehaving receiver', () => {
  it('that never answers does not delay the delivery of another', async () => {
    const slow = await receive(() => undefined);
    for (let n = 0; n < 20; n += 1) await test(slow.id);
    const one = notifier();
    await one.step();
    await expect.poll(() => slow.received.length).toBe(4);
    const quick = await receive();
    await test(quick.id);
    await one.step();
    await expect.poll(async () => (await deliveries(quick.id))[0]?.state).toBe('delivered');
    // Still the four that it holds, and no fifth.
    expect(slow.received).toHaveLength(4);
    await one.stop();
  });

  it('that hangs, drips, floods or cuts leaves a log and no trouble', async () => {
    const flood: Answer = (response) => {
      response.on('drain', () => response.write('x'.repeat(65_536)));
      response.write('\0'.repeat(65_536));
    };
    const hang: Answer = () => undefined;
    const drip: Answer = (response) => response.write('x');
    const cut: Answer = (_, request) => request.socket.destroy();
    const seen: (string | null)[] = [];
    // Only those that would never end are cut short: a connection alone may take longer on a busy machine.
    const short = { timeoutMs: 200 };
    for (const [answer, limits] of [[flood], [hang, short], [drip, short], [cut]] as const) {
      const { id } = await receive(answer);
      await test(id);
      await send(limits);
      seen.push((await deliveries(id))[0]!.lastError);
    }
    expect(seen).toEqual([null, 'outgoing.timeout', 'outgoing.timeout', 'outgoing.unreachable']);
  });
});

describe('a dispatcher', () => {
  it('that dies leaves its deliveries to the next one, under the same id', async () => {
    const { id, received } = await receive();
    await test(id);
    const dead = { total: 10, perEndpoint: 4, perTenant: 16, leaseMs: 60_000 };
    const [held] = await claimDeliveries(database, dead);
    await send();
    expect(received).toEqual([]);
    await database.query(
      `UPDATE webhook_deliveries SET lease_until = now(), next_attempt_at = now() WHERE id = $1`,
      [held!.id],
    );
    await send();
    expect(received[0]!.headers['webhook-id']!.slice(4)).toBe(held!.eventId.replaceAll('-', ''));
  });

  it('that is told to stop gives back what is in flight, uncounted', async () => {
    const slow = await receive(() => undefined);
    await test(slow.id);
    const one = notifier();
    await one.step();
    await expect.poll(() => slow.received.length).toBe(1);
    await one.stop();
    expect(await deliveries(slow.id)).toMatchObject([{ state: 'pending', attempts: 0 }]);
    expect(await notifier().step()).toBe(true);
  });
});
