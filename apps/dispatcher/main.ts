import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { loadDispatcherConfig } from '#config';
import { Database, migrate } from '#database';
import { connectQueue } from '#queue';
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
const app = await NestFactory.createApplicationContext(
  DispatcherModule.with({ config, database, queue, log }),
  { logger: nestLogger(log) },
);

let stopping = false;
async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  // No step of this is needed for correctness, so a deadline of our own bounds it.
  setTimeout(() => process.exit(0), CLOSE_DEADLINE_MS).unref();
  await app.close();
  await queue.close(CLOSE_DEADLINE_MS / 2);
  await database.close();
  process.exit(0);
}
process.on('SIGTERM', () => void stop());
process.on('SIGINT', () => void stop());
process.on('disconnect', () => void stop());
process.send?.({ type: 'ready' });
log.info('dispatcher ready');
