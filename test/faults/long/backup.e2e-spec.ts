import { once } from 'node:events';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import pg from 'pg';
import { Webhook as Verifier } from 'standardwebhooks';
import { afterAll, expect, it } from 'vitest';
import type { Webhook, WebhookDelivery, WebhookDeliveryPage, WebhookPage } from '#contracts';
import { newSecretsKey } from '#secrets';
import { checkJob } from '../../rig/checker.js';
import { TestClient, type TestFile } from '../../rig/client.js';
import { untilProgress } from '../../rig/process.js';
import { SHORT_TIMERS } from '../../rig/short-timers.js';
import { System } from '../../rig/system.js';
import { tinyImage } from '../../rig/tiny-image.js';

let system: System;
let restored: System;
let backup: string;
let nextImage = 0;
/** In neither backup: kept beside it. */
const ENV = {
  ...SHORT_TIMERS,
  SECRETS_KEY: newSecretsKey(),
  OUTGOING_ALLOW: '127.0.0.0/8',
};
/** Told of events; answers none until `heard`. */
const told: { readonly headers: Record<string, string>; readonly body: string }[] = [];
let hear: () => void;
const heard = new Promise<void>((resolve) => (hear = resolve));
const receiver = createServer((request, response) => {
  void text(request).then(async (body) => {
    told.push({ headers: request.headers as Record<string, string>, body });
    await heard;
    response.writeHead(204).end();
  });
});
afterAll(async () => {
  receiver.close();
  receiver.closeAllConnections();
  await system?.stop();
  await restored?.stop();
  if (backup !== undefined) await rm(backup, { recursive: true, force: true });
});

const pictures = (count: number): TestFile[] =>
  Array.from({ length: count }, () => tinyImage(nextImage++));

it('a backup of PostgreSQL and then of the objects, under load, is a whole system with an empty queue', async () => {
  backup = await mkdtemp(join(tmpdir(), 'pallet-backup-'));
  system = await System.start({ workers: 2, itemMs: 20, isSerial: true, env: ENV });
  const client = new TestClient(system.url, system.apiKey);
  await once(receiver.listen(0, '127.0.0.1'), 'listening');
  const { secret } = await client.request<Webhook>('POST', '/v1/webhooks', {
    url: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`,
    events: ['job.created'],
  });
  const files = pictures(2_000);
  const set = await client.createSet('backup');
  await client.upload(set.id, files);
  const job = await client.createJob(set.id, [{ type: 'ocr' }]);
  await untilProgress(client, job.id, 100);
  const uploads = await client.createSet('uploads');
  const acknowledged: TestFile[] = [];
  const over = new AbortController();
  const load = (async () => {
    while (!over.signal.aborted) {
      const some = pictures(20);
      await client.upload(uploads.id, some);
      acknowledged.push(...some);
    }
  })();
  await new Promise((r) => setTimeout(r, 500));
  // On its way, and heard only when the backup is made.
  await expect.poll(() => told.length).toBe(1);
  /** What comes later may be in the backup or not. */
  const before = [...acknowledged];
  await copyPostgres(system, join(backup, 'postgres'));
  await cp(join(system.directory, 'objects'), join(backup, 'objects'), { recursive: true });
  over.abort();
  hear();
  await load;
  await expect.poll(async () => (await deliveries(client))[0]?.state).toBe('delivered');
  await system.stop();

  restored = await System.start({
    workers: 2,
    env: ENV,
    apiKey: system.apiKey,
    postgresDirectory: join(backup, 'postgres'),
    storageUrl: `file://${join(backup, 'objects')}`,
  });
  const there = new TestClient(restored.url, system.apiKey);
  await there.finished(job.id, 60_000);
  const report = await checkJob(there, restored.databaseUrl, job.id, files);
  expect(report.faults).toEqual([]);
  expect(report.job.item_counts).toMatchObject({ succeeded: 2_000, failed: 0 });
  const later = await there.createJob(uploads.id, [{ type: 'ocr' }]);
  await there.finished(later.id, 60_000);
  const names = new Set<string>();
  for await (const item of there.results(later.id)) {
    expect(item.state).toBe('succeeded');
    names.add(item.image.name);
  }
  expect(before.length).toBeGreaterThan(0);
  expect(before.filter(({ name }) => !names.has(name))).toEqual([]);
  // Sent again, for the backup knows of no answer: under the same id, signed with the same secret.
  const ids = () => told.map(({ headers }) => headers['webhook-id']);
  await expect
    .poll(() => ids().filter((id) => id === ids()[0]).length, { timeout: 60_000 })
    .toBe(2);
  for (const { headers, body } of told) new Verifier(secret!).verify(body, headers);
});

const deliveries = async (client: TestClient): Promise<readonly WebhookDelivery[]> => {
  const { data } = await client.request<WebhookPage>('GET', '/v1/webhooks');
  const url = `/v1/webhooks/${data[0]!.id}/deliveries`;
  return (await client.request<WebhookDeliveryPage>('GET', url)).data;
};

/** As PostgreSQL's manual has it: what the copy needs to become whole is in the log, which comes last. */
async function copyPostgres(of: System, to: string): Promise<void> {
  const from = join(of.directory, 'postgres');
  const client = new pg.Client({ connectionString: of.databaseUrl });
  await client.connect();
  await client.query(`SELECT pg_backup_start('test', true)`);
  const wal = join(from, 'cluster', 'pg_wal');
  await cp(from, to, {
    recursive: true,
    filter: (path) => !path.endsWith('postmaster.pid') && !path.startsWith(`${wal}/`),
  });
  const { rows } = await client.query<{ labelfile: string }>(
    'SELECT labelfile FROM pg_backup_stop(false)',
  );
  await cp(wal, join(to, 'cluster', 'pg_wal'), { recursive: true });
  await writeFile(join(to, 'cluster', 'backup_label'), rows[0]!.labelfile);
  await client.end();
}
