import { join } from 'node:path';
import type { DataFolder } from './data-folder.js';
import type { ModelChoice } from './model-choice.js';
import { findPackageRoot } from './package-root.js';

export const SERVICE_NAMES = ['api', 'dispatcher', 'worker', 'trainer'] as const;
export type ServiceName = (typeof SERVICE_NAMES)[number];

export interface ServicePlan {
  name: ServiceName;
  /** JavaScript file that `npm run build` made. */
  entry: string;
  env: NodeJS.ProcessEnv;
  /** SIGKILL follows so long after SIGTERM. */
  stopDeadlineMs: number;
}

export interface PlanInput {
  folder: DataFolder;
  databaseUrl: string;
  queueUrl: string;
  apiKey: string;
  /** Unless the environment has one. */
  secretsKey: string;
  /** 0 takes a free one. */
  port: number;
  model: ModelChoice;
  /** Passed on to all, so that LOG_LEVEL and every tuning variable work here too. */
  env: NodeJS.ProcessEnv;
}

/** What to start, with which environment. */
export function planServices(input: PlanInput): Record<ServiceName, ServicePlan> {
  const shared = {
    // Receivers of webhooks are tried out on the same machine, whose only user is its owner.
    OUTGOING_ALLOW: '127.0.0.0/8,::1',
    ...input.env,
    NODE_ENV: 'production',
    DATABASE_URL: input.databaseUrl,
    QUEUE_URL: input.queueUrl,
    STORAGE_URL: input.folder.storageUrl,
    // One port is one process's.
    HEALTH_PORT: '',
  };
  const entry = (name: ServiceName): string =>
    join(findPackageRoot(), 'dist', 'apps', name, 'main.js');
  const secrets = { SECRETS_KEY: input.env['SECRETS_KEY'] || input.secretsKey };
  const api = {
    ...secrets,
    HOST: '127.0.0.1',
    PORT: `${input.port}`,
    BOOTSTRAP_API_KEY: input.apiKey,
  };
  const worker = {
    MODEL_DIRECTORY: input.model.directory,
    MODEL_NAME: input.model.name,
    MODEL_NOTE: input.model.note ?? '',
  };
  const trainer = {
    BASE_DIRECTORY: input.model.directory,
    BASE_NAME: input.model.name,
    BASES_DIRECTORY: join(input.folder.path, 'checkpoints'),
    WORK_DIRECTORY: join(input.folder.path, 'training'),
    MODELS_DIRECTORY: join(input.folder.path, 'models'),
  };
  return {
    api: { name: 'api', entry: entry('api'), env: { ...shared, ...api }, stopDeadlineMs: 20_000 },
    dispatcher: {
      name: 'dispatcher',
      entry: entry('dispatcher'),
      env: { ...shared, ...secrets },
      stopDeadlineMs: 10_000,
    },
    // It finishes what it has begun: its own drain limit is shorter than this.
    worker: {
      name: 'worker',
      entry: entry('worker'),
      env: { ...shared, ...worker },
      stopDeadlineMs: 25_000,
    },
    // It stops the workers that it has started, too.
    trainer: {
      name: 'trainer',
      entry: entry('trainer'),
      env: { ...shared, ...trainer },
      stopDeadlineMs: 45_000,
    },
  };
}
