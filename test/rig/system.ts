import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApiKey } from '#contracts';
import {
  startPostgres,
  startRedis,
  startService,
  type ChildService,
  type EmbeddedPostgres,
  type EmbeddedRedis,
} from '#embedded';
import { Links } from './links.js';
import { compiled } from './repository.js';

export interface SystemOptions {
  /** Default: a Redis of its own. A test that stops or flushes Redis brings its own url. */
  readonly queue?: 'postgres' | { readonly redisUrl: string };
  /** Default: the engine that answers at once, from `libs/testing`. */
  readonly model?: { readonly directory: string; readonly name: string };
  /** Without a model: another engine of `libs/testing/engine` than the instant one, by the name of its file. */
  readonly engine?: 'colour-engine';
  /** Time per item of the test engines, milliseconds. */
  readonly itemMs?: number;
  /** It takes them one after the other, as an accelerator that is full. */
  readonly isSerial?: boolean;
  readonly workers?: number;
  /** Compiled files that the processes run; default: those of this checkout. */
  readonly build?: string;
  /** More environment for our processes: timings, limits. */
  readonly env?: Readonly<Record<string, string>>;
  /** Default: a folder of its own. */
  readonly storageUrl?: string;
  readonly postgresSettings?: Readonly<Record<string, string>>;
  /** Where PostgreSQL has its files, or had them: another disk, a backup. Default: a folder of its own. */
  readonly postgresDirectory?: string;
  /** Of a system that is restored. Default: a new one. */
  readonly apiKey?: string;
  /** For benches: wires run in this process, and every byte would go through it while it measures. */
  readonly isDirect?: boolean;
}

/** One of our processes, with the wires that it hangs on. */
export interface Process extends ChildService {
  readonly links: Links;
}

export interface WorkerProcess extends Process {
  /** The engine host that was there when the worker got ready; it changes after a crash. */
  readonly hostPid: number;
}

/**
 * The real system as real processes on this machine, each of which a test may kill, freeze or restart:
 * Postgres, Redis, api, dispatcher, workers, a folder as object store.
 */
export class System {
  readonly workers = new Set<WorkerProcess>();
  readonly trainers = new Set<Process>();
  /** What is started from now on runs these compiled files. */
  build: string;
  readonly #running = new Set<Process>();
  api!: Process;
  dispatcher!: Process;
  url!: string;
  databaseUrl!: string;
  redis: EmbeddedRedis | undefined;
  #queueUrl!: string;
  readonly apiKey: string;
  #directory!: string;
  postgres: EmbeddedPostgres | undefined;

  private constructor(private readonly options: SystemOptions) {
    this.build = options.build ?? compiled('');
    this.apiKey = options.apiKey ?? createApiKey();
  }

  static async start(options: SystemOptions = {}): Promise<System> {
    const system = new System(options);
    try {
      await system.#start();
    } catch (error) {
      await system.stop();
      throw error;
    }
    return system;
  }

  /** Logs and objects; removed by `stop`. */
  get directory(): string {
    return this.#directory;
  }

  async #start(): Promise<void> {
    this.#directory = await mkdtemp(join(tmpdir(), 'pallet-system-'));
    await mkdir(join(this.#directory, 'model'));
    await mkdir(join(this.#directory, 'objects'));
    await this.setItemMs(this.options.itemMs ?? 0);
    await this.startPostgres();
    this.#queueUrl = await this.#openQueue();
    await this.startApi();
    await this.startDispatcher();
    for (let n = 0; n < (this.options.workers ?? 1); n += 1) await this.startWorker();
  }

  /** Of the test engines of workers that start from now on. */
  async setItemMs(itemMs: number): Promise<void> {
    const settings = { itemMs, isSerial: this.options.isSerial ?? false };
    await writeFile(join(this.#directory, 'model', 'engine.json'), JSON.stringify(settings));
  }

  async #openQueue(): Promise<string> {
    const { queue } = this.options;
    if (queue === 'postgres') return this.databaseUrl;
    if (queue !== undefined) return queue.redisUrl;
    this.redis = await startRedis();
    return this.redis.url;
  }

  /** Again under the address that it had, when it has ended. */
  async startPostgres(): Promise<void> {
    this.postgres = await startPostgres({
      dataDirectory: this.options.postgresDirectory ?? join(this.#directory, 'postgres'),
      settings: { max_connections: '100', ...this.options.postgresSettings },
      ...(this.databaseUrl === undefined ? {} : { port: Number(new URL(this.databaseUrl).port) }),
    });
    this.databaseUrl = this.postgres.url;
  }

  /** Again under the address that it had. */
  async startApi(): Promise<void> {
    this.api = await this.#startService('api', {
      BOOTSTRAP_API_KEY: this.apiKey,
      PORT: this.url === undefined ? '0' : new URL(this.url).port,
    });
    this.url = (this.api.ready as { url: string }).url;
  }

  /** Another one, at an address of its own; `api` and `url` stay as they are. */
  startApiBeside(env: Readonly<Record<string, string>> = {}): Promise<Process> {
    return this.#startService('api', { BOOTSTRAP_API_KEY: this.apiKey, PORT: '0', ...env });
  }

  /** Beside the one that there is, if any, which whoever calls ends. */
  async startDispatcher(env: Readonly<Record<string, string>> = {}): Promise<void> {
    this.dispatcher = await this.#startService('dispatcher', env);
  }

  async startWorker(env: Readonly<Record<string, string>> = {}): Promise<WorkerProcess> {
    const { model, engine = 'instant-engine' } = this.options;
    const service = await this.#startService('worker', {
      MODEL_NAME: model?.name ?? 'instant',
      MODEL_DIRECTORY: model?.directory ?? join(this.#directory, 'model'),
      ...(model === undefined
        ? { ENGINE_MODULE: compiled(`libs/testing/engine/${engine}.js`) }
        : {}),
      ...env,
    });
    const { hostPid } = service.ready as { hostPid: number };
    const worker = Object.assign(service, { hostPid });
    this.workers.add(worker);
    void service.exited.then(() => this.workers.delete(worker));
    return worker;
  }

  /** With data folders of its own, as on another machine. */
  async startTrainer(env: Readonly<Record<string, string>>): Promise<Process> {
    const home = await mkdtemp(join(this.#directory, 'trainer-'));
    const trainer = await this.#startService('trainer', {
      WORK_DIRECTORY: join(home, 'work'),
      MODELS_DIRECTORY: join(home, 'models'),
      ENGINE_MODULE: compiled('libs/testing/engine/instant-engine.js'),
      ...env,
    });
    this.trainers.add(trainer);
    void trainer.exited.then(() => this.trainers.delete(trainer));
    return trainer;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#running].map((service) => service.stop(20_000)));
    await this.redis?.stop();
    await this.postgres?.stop();
    if (this.#directory) await rm(this.#directory, { recursive: true, force: true });
  }

  async #startService(
    name: 'api' | 'dispatcher' | 'worker' | 'trainer',
    env: Readonly<Record<string, string>>,
  ): Promise<Process> {
    const addresses = {
      DATABASE_URL: this.databaseUrl,
      QUEUE_URL: this.#queueUrl,
      STORAGE_URL: this.options.storageUrl ?? `file://${join(this.#directory, 'objects')}`,
    };
    const links = await Links.open(addresses, this.options);
    const log = createWriteStream(join(this.#directory, `${name}.log`), { flags: 'a' });
    const service = await startService({
      name,
      entry: join(this.build, `apps/${name}/main.js`),
      onLine: (line) => log.write(`${line}\n`),
      env: {
        PATH: process.env['PATH'],
        ...links.env,
        LOG_LEVEL: 'info',
        ...this.options.env,
        ...env,
      },
    });
    const started = Object.assign(service, { links });
    this.#running.add(started);
    void service.exited.then(async () => {
      this.#running.delete(started);
      log.end();
      await links.close();
    });
    return started;
  }
}
