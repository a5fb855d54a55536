import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import { loadTrainerConfig } from '#config';
import { Database, untilDatabase } from '#database';
import { onStop } from '#lifecycle';
import { openObjectStore } from '#storage';
import { createLogger, createRegistry, openHealthPort, startTracing } from '#telemetry';
import { ModelServer } from './serving/model-server.js';
import { Trainer } from './trainer.js';

const config = loadTrainerConfig(process.env);
const logger = createLogger('trainer', config.logLevel);
const registry = createRegistry();
const tracing = await startTracing('trainer', config.tracing, { registry, log: logger });
const database = new Database(config.databaseUrl, {
  applicationName: 'pallet-trainer',
  connections: 4,
});
await untilDatabase(database, {
  schema: true,
  onWait: (error) => logger.warn({ error }, 'waiting for PostgreSQL'),
});
const store = openObjectStore(config.storageUrl);
const log = (level: 'info' | 'warn' | 'error', message: string, context: object): void =>
  logger[level](context, message);

const trainer = new Trainer(
  {
    database,
    store,
    log,
    host: hostname(),
    workDirectory: config.workDirectory,
    modelsDirectory: config.modelsDirectory,
    maxImageBytes: config.maxImageBytes,
    hostEntry: fileURLToPath(new URL('./training-host/main.js', import.meta.url)),
    trainModule: config.trainModule,
    threads: config.threads,
    silenceMs: config.silenceMs,
  },
  config,
);
const server = new ModelServer(
  { database, store, log },
  {
    modelsDirectory: config.modelsDirectory,
    workerEntry: fileURLToPath(new URL('../worker/main.js', import.meta.url)),
    // One port is one process's.
    env: { ...process.env, HEALTH_PORT: '' },
    most: config.servedModels,
    idleMs: config.servedIdleMs,
    lookMs: config.claimMs,
  },
);

/** What the parts after the drain may take: workers of ours end, connections close. */
const CLOSE_MS = 30_000;
/** What a collector of traces may take of that. */
const TELL_MS = 2_500;
onStop(config.drainTimeoutMs + CLOSE_MS, async () => {
  await Promise.all([trainer.drain(config.drainTimeoutMs), server.stop()]);
  const told = tracing.close(TELL_MS);
  store.close();
  await database.close();
  await told;
});

const healthPort =
  config.health &&
  (await openHealthPort({
    ...config.health,
    registry,
    health: () => ({ status: 'ready', isLive: true, isReady: true }),
  }));
trainer.start();
server.start();
process.send?.({ type: 'ready', pid: process.pid, healthUrl: healthPort?.url });
logger.info('trainer ready');
