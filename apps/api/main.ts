import 'reflect-metadata';
import { setTimeout as lasting } from 'node:timers/promises';
import { loadApiConfig } from '#config';
import { Database, migrate, untilDatabase } from '#database';
import { onStop } from '#lifecycle';
import { connectQueue } from '#queue';
import { openObjectStore } from '#storage';
import { createLogger, createRegistry, openHealthPort, startTracing } from '#telemetry';
import { createApi } from './api.js';
import { Departure } from './departure.js';
import { HttpMetrics } from './metrics/http-metrics.js';
import { saveBootstrapKey } from './auth/bootstrap-key.js';
import { BUILT_DASHBOARD } from './dashboard/built-dashboard.js';
import { keepNewObjectsYoung } from './young-heap.js';

const CLOSE_MS = 5_000;

keepNewObjectsYoung();
const config = loadApiConfig(process.env);
const log = createLogger('api', config.logLevel);
const registry = createRegistry();
const tracing = await startTracing('api', config.tracing, { registry, log });
const database = new Database(config.databaseUrl, {
  applicationName: 'pallet-api',
  connections: 16,
});
await untilDatabase(database, {
  onWait: (error) => log.warn({ error }, 'waiting for PostgreSQL'),
});
await migrate(database);
if (config.bootstrapApiKey !== undefined) await saveBootstrapKey(database, config.bootstrapApiKey);
const queue = await connectQueue(config.queueUrl, {
  onError: (error) => log.warn({ error }, 'queue trouble'),
});
const store = openObjectStore(config.storageUrl);
const departure = new Departure();
const app = await createApi({
  config,
  database,
  queue,
  store,
  log,
  dashboard: BUILT_DASHBOARD,
  metrics: new HttpMetrics(registry),
  departure,
});
const healthPort =
  config.health &&
  (await openHealthPort({
    ...config.health,
    registry,
    // What requests need is asked of /health/ready on the api's own port.
    health: () => ({ status: 'ready', isLive: true, isReady: !departure.hasBegun }),
  }));

// An upload or a queue that never ends must not keep the process: the deadline is ours.
onStop(config.leaveMs + config.drainTimeoutMs + CLOSE_MS, async () => {
  log.info('stopping');
  departure.begin();
  await lasting(config.leaveMs);
  await app.close();
  const told = tracing.close(CLOSE_MS / 2);
  await queue.close(CLOSE_MS / 2);
  store.close();
  await database.close();
  await told;
});

await app.listen(config.port, config.host);
const url = await app.getUrl();
process.send?.({ type: 'ready', url, healthUrl: healthPort?.url });
log.info({ url }, 'api ready');
