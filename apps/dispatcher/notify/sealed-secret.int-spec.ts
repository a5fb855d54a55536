import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { loadDispatcherConfig } from '#config';
import { newUuid } from '#contracts';
import {
  addTestDelivery,
  createWebhook,
  Database,
  listAttempts,
  listDeliveries,
  migrate,
  rotateWebhookSecret,
} from '#database';
import { OutgoingGuard, parseAllowList } from '#outgoing';
import { newSecretsKey, SecretBox, sealWebhookSecret } from '#secrets';
import { usePostgres } from '#testing';
import { createWebhookSecret } from '#webhooks';
import type { DispatcherParts } from '../dispatcher-parts.js';
import { sealSecrets } from '../sweep/seal-secrets.js';
import { SweepService } from '../sweep/sweep.service.js';
import { Notifier } from './notifier.js';

const postgres = usePostgres();
let database: Database;
const tenantId = newUuid();
const key = newSecretsKey();
const box = new SecretBox(key);
const none = new SecretBox(undefined);
const ENV = {
  DATABASE_URL: 'postgres://x/y',
  QUEUE_URL: 'redis://x',
  STORAGE_URL: 'file:///x',
};

let logged = '';
const log = pino(
  new Writable({
    write(line, _, done) {
      logged += line;
      done();
    },
  }),
);
const received: { headers: IncomingHttpHeaders; body: string }[] = [];
let server: Server;

beforeAll(async () => {
  database = new Database(await postgres.createDatabase());
  await migrate(database);
  await database.query('INSERT INTO tenants (id, name) VALUES ($1, $2)', [tenantId, tenantId]);
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      received.push({ headers: request.headers, body });
      response.writeHead(204).end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(async () => {
  server?.closeAllConnections();
  server?.close();
  await database?.close();
});
afterEach(async () => {
  received.length = 0;
  logged = '';
  await database.query(`UPDATE webhook_endpoints SET state = 'removed'`);
  await database.query('DELETE FROM webhook_secrets');
});

/** Input: what seals its secret. Output: an endpoint, its secret in clear. */
async function endpoint(sealing: SecretBox) {
  const id = newUuid();
  const secret = createWebhookSecret();
  await database.transaction((tx) =>
    createWebhook(tx, {
      id,
      tenantId,
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
      description: null,
      events: ['job.finished'],
      payload: 'thin',
      scope: 'all',
      secret: sealWebhookSecret(sealing, id, secret),
    }),
  );
  return { id, secret };
}

async function rotate(id: string, sealing: SecretBox): Promise<string> {
  const secret = createWebhookSecret();
  const stored = sealWebhookSecret(sealing, id, secret);
  await database.transaction((tx) => rotateWebhookSecret(tx, id, stored, 3600));
  return secret;
}

/** A delivery to the endpoint, attempted once with what `secrets` can open. */
async function deliver(id: string, secrets: SecretBox): Promise<string> {
  const delivery = await addTestDelivery(database, tenantId, id);
  await attempt(secrets);
  return delivery;
}

async function attempt(secrets: SecretBox): Promise<void> {
  const guard = new OutgoingGuard({ allow: parseAllowList('127.0.0.0/8') });
  const { webhooks: limits } = loadDispatcherConfig(ENV);
  const notifier = new Notifier({ database, guard, secrets, log, limits, random: () => 0 });
  await notifier.step();
  await notifier.idle();
}

/** Whether the newest request is signed with the secret, as receivers find out. */
function verify(secret: string): unknown {
  const { headers, body } = received.at(-1)!;
  return new Webhook(secret).verify(body, headers as Record<string, string>);
}

const storedSecrets = async () =>
  (await database.query<{ secret: string }>('SELECT secret FROM webhook_secrets')).map(
    ({ secret }) => secret,
  );
const inClear = async () =>
  (await storedSecrets()).filter((secret) => !secret.startsWith('sealed1.')).length;

it('deliveries verify before and after a secret is sealed, and during a rotation', async () => {
  const { id, secret } = await endpoint(none);
  await deliver(id, box);
  expect(verify(secret)).toMatchObject({ type: 'webhook.test' });
  const next = await rotate(id, box);
  expect(await inClear()).toBe(1);
  await deliver(id, box);
  for (const valid of [secret, next]) expect(verify(valid)).toBeTruthy();
  await sealSecrets(database, box, log);
  expect(await inClear()).toBe(0);
  await deliver(id, box);
  for (const valid of [secret, next]) expect(verify(valid)).toBeTruthy();
  expect(received).toHaveLength(3);
  expect(() => verify(createWebhookSecret())).toThrow(/signature/i);
});

it('any number of dispatchers seal any number of secrets, each once', async () => {
  const { id, secret } = await endpoint(none);
  await database.query(
    `INSERT INTO webhook_secrets (endpoint_id, secret)
     SELECT $1, 'whsec_' || n FROM generate_series(1, 350) AS n`,
    [id],
  );
  await sealSecrets(database, none, log);
  expect(await inClear()).toBe(351);
  await Promise.all([1, 2, 3].map(() => sealSecrets(database, box, log)));
  // What one held the others passed by; what it had not reached is the next step's.
  await sealSecrets(database, box, log);
  const sealed = await storedSecrets();
  const opened = sealed.map((one) => box.open(one, `webhook ${id}`));
  expect(opened.toSorted()).toEqual(
    [secret, ...Array.from({ length: 350 }, (_, at) => `whsec_${at + 1}`)].toSorted(),
  );
  await sealSecrets(database, box, log);
  expect((await storedSecrets()).toSorted()).toEqual(sealed.toSorted());
});

it('a dispatcher seals what lies in clear when it starts', async () => {
  await endpoint(none);
  expect(await inClear()).toBe(1);
  const config = loadDispatcherConfig({ ...ENV, SECRETS_KEY: key });
  const metrics = { loopFailed: () => undefined };
  // With no work at all in the database its other loops ask for nothing else.
  const sweep = new SweepService({ config, database, log, metrics } as unknown as DispatcherParts);
  sweep.onApplicationBootstrap();
  try {
    await expect.poll(inClear).toBe(0);
  } finally {
    await sweep.beforeApplicationShutdown();
  }
});

it('what an older key has sealed is sealed with the newest, so that the older can go', async () => {
  const next = newSecretsKey();
  const { id, secret } = await endpoint(box);
  await sealSecrets(database, new SecretBox(`${next},${key}`), log);
  await deliver(id, new SecretBox(next));
  expect(verify(secret)).toBeTruthy();
});

it('a secret that does not open fails its deliveries, says so, and harms no other', async () => {
  const { id, secret } = await endpoint(box);
  const other = await endpoint(none);
  await addTestDelivery(database, tenantId, other.id);
  const delivery = await deliver(id, none);
  expect(received).toHaveLength(1);
  expect(verify(other.secret)).toBeTruthy();
  expect(await listDeliveries(database, id, { limit: 9 })).toMatchObject([
    { state: 'pending', attempts: 1, lastStatus: null, lastError: 'webhook.unsigned' },
  ]);
  const [first] = await listAttempts(database, delivery);
  expect(first).toMatchObject({ response: null, error: { code: 'webhook.unsigned' } });
  expect(first!.request.headers).not.toHaveProperty('webhook-signature');
  expect(logged).toContain('webhook not sent: its secret does not open');
  expect(logged).toContain(id);
  expect(logged).not.toContain(secret);
  // The sweep of a stranger leaves it, and says so.
  const stored = await storedSecrets();
  await sealSecrets(database, new SecretBox(newSecretsKey()), log);
  expect(await storedSecrets()).toContain(stored.find((one) => one.startsWith('sealed1.')));
  expect(logged).toContain('by a key that is not in SECRETS_KEY');
  // With the key back, the retry gets through.
  await database.query(
    `UPDATE webhook_deliveries SET next_attempt_at = now() WHERE endpoint_id = $1`,
    [id],
  );
  await attempt(box);
  expect(verify(secret)).toBeTruthy();
});
