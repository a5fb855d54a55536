import 'reflect-metadata';
import type { OpenAPIObject } from '@nestjs/swagger';
import { loadApiConfig } from '#config';
import { Database } from '#database';
import type { QueueSystem } from '#queue';
import { openObjectStore } from '#storage';
import { createLogger } from '#telemetry';
import { createApi } from '../api.js';
import { OPENAPI_DOCUMENT } from './openapi.controller.js';

/** The API's description by its code alone: nothing is connected to. */
export async function offlineDocument(): Promise<OpenAPIObject> {
  const config = loadApiConfig({
    DATABASE_URL: 'postgres://127.0.0.1:1/none',
    QUEUE_URL: 'redis://127.0.0.1:1',
    STORAGE_URL: 'file:///nonexistent',
  });
  const database = new Database(config.databaseUrl);
  const store = openObjectStore(config.storageUrl);
  const log = createLogger('api', 'silent');
  const app = await createApi({ config, database, queue: NO_QUEUE, store, log });
  try {
    const { document } = app.get<{ document?: OpenAPIObject }>(OPENAPI_DOCUMENT);
    if (document === undefined) throw new Error('The api has made no description.');
    return structuredClone(document);
  } finally {
    await app.close();
    await database.close();
  }
}

const refuse = (): never => {
  throw new Error('Describing the API asks no queue.');
};
const NO_QUEUE: QueueSystem = {
  kind: 'redis',
  queue: refuse,
  consume: refuse,
  check: async () => undefined,
  close: async () => undefined,
};
