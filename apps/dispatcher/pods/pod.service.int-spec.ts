import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { newUuid } from '#contracts';
import { Database, migrate, registerWorker } from '#database';
import { usePostgres } from '#testing';
import type { DispatcherParts } from '../dispatcher-parts.js';
import { ApiServer } from './api-server-fixture.js';
import { PodService } from './pod.service.js';

const postgres = usePostgres();
let database: Database;
let folder: string;
let server: ApiServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pallet-pods-'));
  server = await ApiServer.start(folder);
  database = new Database(await postgres.createDatabase());
  await migrate(database);
});
afterAll(async () => {
  server?.stop();
  await database?.close();
  await rm(folder, { recursive: true });
});

async function addWorker(host: string, state: string, seen = 'now()'): Promise<void> {
  const id = newUuid();
  const model = { name: 'm', family: 'paligemma', imageSize: 224, note: null };
  await registerWorker(database, { id, host, pid: 1, model });
  await database.query(`UPDATE workers SET state = $2, seen_at = ${seen} WHERE id = $1`, [
    id,
    state,
  ]);
}

function start() {
  const warn = vi.fn<(what: { error: Error }, message: string) => void>();
  const loopFailed = vi.fn<(loop: string) => void>();
  const parts = {
    config: { kubernetes: server.config },
    database,
    log: { warn },
    metrics: { loopFailed },
  } as unknown as DispatcherParts;
  const service = new PodService(parts);
  service.onApplicationBootstrap();
  return { service, warn, loopFailed };
}

it('tells Kubernetes what each pod with a live worker costs, and says what it may not do', async () => {
  await addWorker('pallet-worker-a', 'busy');
  await addWorker('pallet-worker-b', 'ready');
  await addWorker('Somebodys-Laptop', 'busy');
  await addWorker('pallet-worker-gone', 'busy', `now() - interval '1 minute'`);
  const { service, warn } = start();
  await expect.poll(() => server.patches.length).toBe(2);
  await service.beforeApplicationShutdown();
  expect(server.patches.map(({ path, body }) => [path.split('/').at(-2), body])).toEqual([
    ['pallet-worker-a', costOf('100')],
    ['pallet-worker-b', costOf('0')],
  ]);
  expect(warn).not.toHaveBeenCalled();

  server.status = 403;
  const refused = start();
  await expect.poll(() => refused.loopFailed.mock.calls).toEqual([['pods']]);
  await refused.service.beforeApplicationShutdown();
  expect(refused.warn.mock.calls[0]![0].error.message).toContain('`patch` on `pods/status`');
});

const costOf = (cost: string) => ({
  metadata: { annotations: { 'controller.kubernetes.io/pod-deletion-cost': cost } },
});
