import { lockDataDirectory, startPostgres, type EmbeddedPostgres } from '#embedded';
import { ensureApiKey, ensureSecretsKey, openDataFolder, type DataFolder } from './data-folder.js';
import type { ModelChoice } from './model-choice.js';
import { openQueueServer, type QueueServer } from './queue-server.js';
import { requireFreePort } from './require-free-port.js';
import { planServices } from './service-plan.js';
import { Services } from './services.js';
import { Supervised } from './supervised.js';
import { SystemRecord } from './system-record.js';
import { Teardown } from './teardown.js';

export interface EmbeddedOptions {
  dataDirectory: string;
  /** Of the API on 127.0.0.1; 0 takes a free one. */
  port: number;
  model: ModelChoice;
  /** Takes fine-tuning jobs as well, and serves the models that they make. */
  trains?: boolean;
  env: NodeJS.ProcessEnv;
  /** Steps of the start, and each process that ended and was started again. */
  onEvent: (line: string) => void;
  /** Ends a start half way, with all that it has begun. */
  signal: AbortSignal;
}

export interface EmbeddedSystem {
  url: string;
  apiKey: string;
  folder: DataFolder;
  /** Worker first, database last. Nothing is left but the data folder. Errors: AggregateError. */
  stop(): Promise<void>;
}

interface Servers {
  folder: DataFolder;
  apiKey: string;
  record: SystemRecord;
  postgres: Supervised<EmbeddedPostgres>;
  queue: QueueServer;
}

/**
 * The whole of Pallet on this machine out of one folder: PostgreSQL, a queue, the api, a dispatcher,
 * a worker and perhaps a trainer, each its own process that is started again when it dies.
 * Errors: `embedded.*`, `cli.*`; whatever `signal` was aborted with.
 */
export async function startEmbeddedSystem(options: EmbeddedOptions): Promise<EmbeddedSystem> {
  const teardown = new Teardown();
  try {
    const servers = await startServers(options, teardown);
    return await startServices(options, servers, teardown);
  } catch (error) {
    await teardown.run().catch((failure: unknown) => options.onEvent(String(failure)));
    throw error;
  }
}

async function startServers(options: EmbeddedOptions, teardown: Teardown): Promise<Servers> {
  const { onEvent, env, signal } = options;
  await requireFreePort(options.port);
  const folder = await openDataFolder(options.dataDirectory);
  const lock = await lockDataDirectory(folder.path);
  teardown.add('lock', () => lock.release());
  const apiKey = await ensureApiKey(folder);
  const record = new SystemRecord(folder.path, apiKey);
  signal.throwIfAborted();
  const postgres = await Supervised.start<EmbeddedPostgres>({
    name: 'postgres',
    // The others know its address, so the next one takes the same.
    start: (previous) =>
      startPostgres({
        dataDirectory: folder.postgres,
        port: previous && Number(new URL(previous.url).port),
      }),
    onEvent,
    onRestart: record.refresh,
  });
  record.add('postgres', () => postgres.current.pid);
  teardown.add('postgres', () => postgres.stop());
  signal.throwIfAborted();
  const queue = await openQueueServer(env, postgres.current.url, {
    onEvent,
    onRestart: record.refresh,
  });
  const redis = queue.process;
  if (redis) record.add('redis', () => redis.current.pid);
  teardown.add('redis', () => redis?.stop());
  signal.throwIfAborted();
  onEvent(`queue: ${queue.description}`);
  return { folder, apiKey, record, postgres, queue };
}

async function startServices(
  options: EmbeddedOptions,
  { folder, apiKey, record, postgres, queue }: Servers,
  teardown: Teardown,
): Promise<EmbeddedSystem> {
  const { onEvent, env, model, port, signal } = options;
  const services = new Services({ logs: folder.logs, teardown, onEvent, record, signal });
  const plans = planServices({
    folder,
    apiKey,
    secretsKey: await ensureSecretsKey(folder),
    port,
    model,
    env,
    databaseUrl: postgres.current.url,
    queueUrl: queue.url,
  });
  // The api brings the database's schema up to date, so it comes first.
  const names = [
    'api',
    'dispatcher',
    'worker',
    ...(options.trains ? ['trainer' as const] : []),
  ] as const;
  for (const name of names) {
    await services.start(plans[name]);
    signal.throwIfAborted();
  }
  await record.publish(services.url);
  teardown.add('system.json', () => record.remove());
  return { url: services.url, apiKey, folder, stop: () => teardown.run() };
}
