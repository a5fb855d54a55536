import 'reflect-metadata';
import { fileURLToPath } from 'node:url';
import { NestFactory } from '@nestjs/core';
import { loadWorkerConfig, readVersion } from '#config';
import { Database, untilDatabase } from '#database';
import { onStop } from '#lifecycle';
import { connectQueue } from '#queue';
import { openObjectStore } from '#storage';
import { createLogger, createRegistry, nestLogger, openHealthPort, startTracing } from '#telemetry';
import { WorkerMetrics } from './metrics/worker-metrics.js';
import { GpuReader } from './report/gpu-reader.js';
import { Reporter } from './report/reporter.js';
import { WorkTally } from './report/work-tally.js';
import { EngineClient } from './supervisor/engine-client.js';
import { Supervisor } from './supervisor/supervisor.js';
import { WorkerModule } from './worker.module.js';

const config = loadWorkerConfig(process.env);
const log = createLogger('worker', config.logLevel);
const registry = createRegistry();
const tracing = await startTracing('worker', config.tracing, { registry, log });
const database = new Database(config.databaseUrl, { applicationName: 'pallet-worker' });
await untilDatabase(database, {
  schema: true,
  onWait: (error) => log.warn({ error }, 'waiting for PostgreSQL'),
});
const queue = await connectQueue(config.queueUrl, {
  onError: (error) => log.warn({ error }, 'queue'),
});
const store = openObjectStore(config.storageUrl);
const engine = new EngineClient({
  entry: fileURLToPath(new URL('./engine-host/main.js', import.meta.url)),
  args: [
    config.engineModule ?? new URL('./engine-host/paligemma-engine.js', import.meta.url).href,
    config.modelDirectory,
    String(config.slots),
    String(config.imagePixels),
    config.provider,
  ],
  silenceMs: config.hostSilenceMs,
  onDeath: () => metrics.engineDied(),
  onLog: (message, context) => log.warn(context, message),
});
const metrics: WorkerMetrics = new WorkerMetrics(registry, config.modelName, () => ({
  leases: supervisor.runs,
  imagesInHost: engine.requests,
}));
const tally = new WorkTally();
const supervisor: Supervisor = new Supervisor(
  {
    database,
    queue,
    store,
    engine,
    watcher: {
      committed: (...commit) => {
        metrics.committed(...commit);
        tally.committed(commit[0]);
      },
      shardEnded: (end) => metrics.shardEnded(end),
    },
    reporter: {
      start: () => reporter.start(),
      beat: () => reporter.beat(),
      stop: () => reporter.stop(),
    },
    log: (level, message, context) => log[level](context, message),
  },
  {
    modelName: config.modelName,
    modelNote: config.modelNote,
    leaseMs: config.leaseMs,
    heartbeatMs: config.heartbeatMs,
    shardConcurrency: config.shardConcurrency,
    window: config.slots,
    maxImageBytes: config.maxImageBytes,
    answerCache: config.answerCache,
  },
);
const reporter: Reporter = new Reporter(
  {
    database,
    tally,
    gpu: new GpuReader(config),
    look: () => ({ state: supervisor.status, imagesInHost: engine.requests, host: engine.usage }),
    onDrain: () => {
      log.info('asked to end: draining');
      end();
    },
    onFailure: (error) => log.warn({ error }, 'cannot report'),
  },
  {
    workerId: supervisor.workerId,
    model: config.modelName,
    version: readVersion(),
    provider: config.provider,
    slots: config.slots,
    heartbeatMs: config.heartbeatMs,
  },
);
const healthPort =
  config.health &&
  (await openHealthPort({
    ...config.health,
    registry,
    health: () => {
      const isStuck = engine.isStuck;
      const status = isStuck ? 'unhealthy' : supervisor.status;
      return { status, isLive: !isStuck, isReady: status === 'ready' || status === 'busy' };
    },
  }));
const app = await NestFactory.createApplicationContext(
  WorkerModule.with(supervisor, config.drainTimeoutMs),
  { logger: nestLogger(log) },
);

/** What the parts after the drain may take: closing connections, ending the host. */
const CLOSE_MS = 5_000;
// Redis may be down or frozen, and BullMQ then never closes: the deadline is ours.
const end = onStop(config.drainTimeoutMs + CLOSE_MS, async () => {
  await app.close();
  const told = tracing.close(CLOSE_MS / 2);
  await engine.close(CLOSE_MS / 2);
  await queue.close(CLOSE_MS / 2);
  store.close();
  await database.close();
  await told;
});

const model = await supervisor.start().catch((error: unknown): never => {
  log.fatal({ error }, error instanceof Error ? error.message : 'the worker cannot start');
  process.exit(1);
});
process.send?.({
  type: 'ready',
  pid: process.pid,
  hostPid: engine.pid,
  healthUrl: healthPort?.url,
});
log.info({ model: config.modelName, ...model }, 'worker ready');
