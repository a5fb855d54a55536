import 'reflect-metadata';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { createApiKey, newUuid, type Scope } from '#contracts';
import { loadApiConfig } from '#config';
import { Database, migrate, registerWorker, saveApiKey, saveTrainer } from '#database';
import type { DispatchQueue, QueueSystem } from '#queue';
import { openObjectStore } from '#storage';
import { createLogger } from '#telemetry';
import { createApi } from './api.js';
import { hashApiKey } from './auth/auth.guard.js';

/** A queue that only counts what it was given; `isDown` makes it fail as Redis does when it is away. */
export class CountingQueue implements QueueSystem {
  readonly kind = 'redis';
  isDown = false;
  readonly tickets: string[] = [];

  queue(model: string, lane: string): DispatchQueue {
    return {
      add: async (tickets) => {
        await this.check();
        this.tickets.push(...tickets.map((ticket) => `${model} ${lane} ${ticket.shardId}`));
      },
      depth: async () => {
        await this.check();
        return 0;
      },
      held: async () => new Set(),
    };
  }
  consume(): never {
    throw new Error('The api consumes nothing.');
  }
  async check(): Promise<void> {
    if (this.isDown) throw new Error('queue is down');
  }
  async close(): Promise<void> {}
}

export type ApiRig = Awaited<ReturnType<typeof startApi>>;

/** The API over a real Postgres and a folder, for specs: ask it with `inject()` or let it listen. */
export async function startApi(options: {
  databaseUrl: string;
  directory: string;
  env?: Record<string, string>;
  dashboard?: string;
}) {
  const config = loadApiConfig({
    DATABASE_URL: options.databaseUrl,
    QUEUE_URL: 'redis://127.0.0.1:1',
    STORAGE_URL: new URL(`file://${options.directory}`).href,
    ...options.env,
  });
  const database = new Database(config.databaseUrl);
  await migrate(database);
  const queue = new CountingQueue();
  const store = openObjectStore(config.storageUrl);
  const log = createLogger('api', 'silent');
  const app = await createApi({
    config,
    database,
    queue,
    store,
    log,
    dashboard: options.dashboard,
  });
  return {
    app,
    database,
    queue,
    store,
    /** A tenant of its own and a key of it. */
    createTenant: (scopes?: Scope[]) => createTenant(database, scopes),
    serveModel: (name: string) => serveModel(database, name),
    /** A trainer that has it was here. */
    offerBase: (base: string) =>
      saveTrainer(database, { id: newUuid(), host: 'here', pid: 1, bases: [base] }),
    close: async () => {
      await app.close();
      await database.close();
    },
  };
}

/**
 * The API for all tests of the spec file that calls this at its top, over a database of its own on this server and a
 * folder, both gone after the last.
 */
export function useApi(
  postgres: { createDatabase(): Promise<string> },
  env?: Record<string, string>,
): ApiRig {
  let directory: string | undefined;
  let running: ApiRig | undefined;
  const rig = (): ApiRig => {
    if (running === undefined) throw new Error('ask it inside a test or a hook');
    return running;
  };
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'pallet-api-'));
    running = await startApi({ databaseUrl: await postgres.createDatabase(), directory, env });
  });
  afterAll(async () => {
    await running?.close();
    if (directory !== undefined) await rm(directory, { recursive: true, force: true });
  });
  return {
    get app() {
      return rig().app;
    },
    get database() {
      return rig().database;
    },
    get queue() {
      return rig().queue;
    },
    get store() {
      return rig().store;
    },
    createTenant: (scopes) => rig().createTenant(scopes),
    serveModel: (name) => rig().serveModel(name),
    offerBase: (base) => rig().offerBase(base),
    close: () => rig().close(),
  };
}

async function serveModel(database: Database, name: string): Promise<void> {
  const id = newUuid();
  const model = { name, family: 'paligemma', imageSize: 224, note: null };
  await registerWorker(database, { id, host: 'here', pid: 1, model });
  await keepWorker(database, id);
}

/**
 * Input: a worker that is registered. Output: it is there for an hour. Nobody beats its heart here, so after 15 s it would
 * serve no more, in the middle of a spec that takes so long.
 */
export async function keepWorker(database: Database, workerId: string): Promise<void> {
  await database.query(`UPDATE workers SET seen_at = now() + interval '1 hour' WHERE id = $1`, [
    workerId,
  ]);
}

async function createTenant(database: Database, scopes: Scope[] = ['read', 'write']) {
  const tenantId = newUuid();
  const key = createApiKey();
  await database.query('INSERT INTO tenants (id, name) VALUES ($1, $2)', [tenantId, tenantId]);
  await saveApiKey(database, {
    id: newUuid(),
    tenantId,
    name: 'spec',
    hash: hashApiKey(key),
    hint: key.slice(0, 8),
    scopes,
  });
  return { tenantId, key, headers: { authorization: `Bearer ${key}` } };
}
