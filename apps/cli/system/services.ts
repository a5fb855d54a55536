import { AppError } from '#contracts';
import { startService } from '#embedded';
import { openLogFile } from './log-file.js';
import type { ServiceName, ServicePlan } from './service-plan.js';
import { Supervised, type Running } from './supervised.js';
import type { SystemRecord } from './system-record.js';
import type { Teardown } from './teardown.js';

interface Service extends Running {
  /** Only the api has one. */
  url?: string;
}

export interface ServiceHost {
  /** Folder of the log files. */
  logs: string;
  teardown: Teardown;
  onEvent: (line: string) => void;
  record: SystemRecord;
  signal: AbortSignal;
}

/** A checkpoint of several gigabytes takes its time to load from a slow disk. */
const READY_TIMEOUT_MS = 15 * 60_000;
const REMIND_EVERY_MS = 10_000;

/** Our own processes of one embedded system, each kept running. */
export class Services {
  readonly #running = new Map<ServiceName, Supervised<Service>>();
  readonly #host: ServiceHost;

  constructor(host: ServiceHost) {
    this.#host = host;
  }

  /** Of the api. Errors: `cli.no_address`. */
  get url(): string {
    const url = this.#running.get('api')?.current.url;
    if (url === undefined) {
      throw new AppError('cli.no_address', 'The api did not say where it listens.');
    }
    return url;
  }

  /** Resolves when it is ready. Errors: `embedded.service_failed`. */
  async start(plan: ServicePlan): Promise<void> {
    const { logs, teardown, onEvent, record, signal } = this.#host;
    const log = openLogFile(logs, plan.name);
    teardown.add(log.path, () => log.close());
    const reminder = setInterval(
      () => onEvent(`still waiting for the ${plan.name}; its log is ${log.path}`),
      REMIND_EVERY_MS,
    );
    const service = await Supervised.start<Service>({
      name: plan.name,
      onEvent,
      onRestart: record.refresh,
      start: (previous) => startOnce(plan, previous, log.line, signal),
    }).finally(() => clearInterval(reminder));
    this.#running.set(plan.name, service);
    record.add(plan.name, () => service.current.pid);
    teardown.add(plan.name, () => service.stop());
  }
}

async function startOnce(
  plan: ServicePlan,
  previous: Service | undefined,
  onLine: (line: string) => void,
  signal: AbortSignal,
): Promise<Service> {
  // Clients know the address of the first api, so the next one takes the same.
  const port = previous?.url === undefined ? {} : { PORT: new URL(previous.url).port };
  const service = await startService({
    name: plan.name,
    entry: plan.entry,
    env: { ...plan.env, ...port },
    onLine,
    readyTimeoutMs: READY_TIMEOUT_MS,
    // Once it has run, only `stop` ends it: an interrupted system still stops in its order.
    ...(previous === undefined && { signal }),
  });
  return {
    pid: service.pid,
    exited: service.exited,
    url: urlOf(service.ready),
    stop: () => service.stop(plan.stopDeadlineMs),
  };
}

function urlOf(ready: unknown): string | undefined {
  const has = typeof ready === 'object' && ready !== null && 'url' in ready;
  return has && typeof ready.url === 'string' ? ready.url : undefined;
}
