import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { loadDispatcherConfig } from '#config';
import { Database, migrate, untilDatabase } from '#database';
import { onStop } from '#lifecycle';
import { connectQueue } from '#queue';
import { openObjectStore } from '#storage';
import { createLogger, createRegistry, nestLogger, openHealthPort, startTracing } from '#telemetry';
import { DispatcherModule } from './dispatcher.module.js';
import { DispatcherMetrics } from './metrics/dispatcher-metrics.js';

const CLOSE_DEADLINE_MS = 5_000;

const config = loadDispatcherConfig(process.env);
const log = createLogger('dispatcher', config.logLevel);
const registry = createRegistry();
const tracing = await startTracing('dispatcher', config.tracing, { registry, log });
const database = new Database(config.databaseUrl, { applicationName: 'pallet-dispatcher' });
await untilDatabase(database, {
  onWait: (error) => log.warn({ error }, 'waiting for PostgreSQL'),
});
await migrate(database);
const queue = await connectQueue(config.queueUrl, {
  onError: (error) => log.warn({ error }, 'queue'),
});
const store = openObjectStore(config.storageUrl);
const metrics = new DispatcherMetrics(registry, { database, queue });
let status = 'starting';
const healthPort =
  config.health &&
  (await openHealthPort({
    ...config.health,
    registry,
    health: () => ({ status, isLive: true, isReady: status === 'ready' }),
  }));
const app = await NestFactory.createApplicationContext(
  DispatcherModule.with({ config, database, queue, store, log, metrics }),
  { logger: nestLogger(log) },
);

// No step of this is needed for correctness, so a deadline of our own bounds it.
onStop(CLOSE_DEADLINE_MS, async () => {
  status = 'draining';
  await app.close();
  const told = tracing.close(CLOSE_DEADLINE_MS / 2);
  await queue.close(CLOSE_DEADLINE_MS / 2);
  store.close();
  await database.close();
  await told;
});
status = 'ready';
process.send?.({ type: 'ready', healthUrl: healthPort?.url });
log.info('dispatcher ready');
