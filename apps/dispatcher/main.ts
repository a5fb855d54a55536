import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { loadDispatcherConfig } from '#config';
import { Database, migrate } from '#database';
import { onStop } from '#lifecycle';
import { connectQueue } from '#queue';
import { openObjectStore } from '#storage';
import { createLogger, nestLogger } from '#telemetry';
import { DispatcherModule } from './dispatcher.module.js';

const CLOSE_DEADLINE_MS = 5_000;

const config = loadDispatcherConfig(process.env);
const log = createLogger('dispatcher', config.logLevel);
const database = new Database(config.databaseUrl, { applicationName: 'pallet-dispatcher' });
await migrate(database);
const queue = await connectQueue(config.queueUrl, {
  onError: (error) => log.warn({ error }, 'queue'),
});
const store = openObjectStore(config.storageUrl);
const app = await NestFactory.createApplicationContext(
  DispatcherModule.with({ config, database, queue, store, log }),
  { logger: nestLogger(log) },
);

// No step of this is needed for correctness, so a deadline of our own bounds it.
onStop(CLOSE_DEADLINE_MS, async () => {
  await app.close();
  await queue.close(CLOSE_DEADLINE_MS / 2);
  store.close();
  await database.close();
});
process.send?.({ type: 'ready' });
log.info('dispatcher ready');
