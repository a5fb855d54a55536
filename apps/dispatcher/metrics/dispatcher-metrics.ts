import { Counter, Gauge, type Registry } from '#telemetry';
import { readPools, type PoolFigures, type PoolSources } from './read-pools.js';

/** What is asked of Postgres and the queue for the figures is asked this seldom, however often somebody scrapes. */
const FRESH_MS = 5_000;

const POOL_GAUGES: readonly [name: string, help: string, read: (pool: PoolFigures) => number][] = [
  ['pallet_outstanding_items', 'Images that have not ended.', (p) => p.outstandingItems],
  [
    'pallet_backlog_accelerator_seconds',
    'Accelerator time that they need, as measured.',
    (p) => p.outstandingSeconds,
  ],
  ['pallet_in_flight_items', 'Images that workers hold.', (p) => p.inFlightItems],
  [
    'pallet_oldest_wait_seconds',
    'Age of the oldest job of which no worker has taken anything; 0 when there is none.',
    (p) => p.oldestWaitSeconds ?? 0,
  ],
  ['pallet_workers', 'Workers that were seen within the last 15 s.', (p) => p.workers],
];

/**
 * The figures of the dispatcher: its own, and those of the whole system, which every dispatcher shows alike; take the
 * `max` of several.
 */
export class DispatcherMetrics {
  readonly #fed: Counter;
  readonly #lostLeases: Counter;
  readonly #lostTickets: Counter;
  readonly #attempts: Counter;
  readonly #failures: Counter;

  constructor(registry: Registry, sources: PoolSources) {
    const registers = [registry];
    const counter = (name: string, help: string, ...labelNames: string[]): Counter =>
      new Counter({ name, help, labelNames, registers });
    this.#fed = counter('pallet_fed_shards_total', 'Shards given to the queue.', 'model', 'lane');
    this.#lostLeases = counter('pallet_lost_leases_total', 'Leases that expired: worker gone.');
    this.#lostTickets = counter(
      'pallet_lost_tickets_total',
      'Shards that the queue had lost.',
      'model',
      'lane',
    );
    this.#attempts = counter(
      'pallet_webhook_attempts_total',
      'Attempts to deliver an event: delivered, retry or failed.',
      'outcome',
    );
    this.#failures = counter('pallet_loop_failures_total', 'Steps of a loop that failed.', 'loop');
    addPoolGauges(registry, sources);
  }

  fed(model: string, lane: string, shards: number): void {
    this.#fed.inc({ model, lane }, shards);
  }
  lostLeases(count: number): void {
    this.#lostLeases.inc(count);
  }
  lostTickets(model: string, lane: string, count: number): void {
    this.#lostTickets.inc({ model, lane }, count);
  }
  webhookAttempt(outcome: string): void {
    this.#attempts.inc({ outcome });
  }
  loopFailed(loop: string): void {
    this.#failures.inc({ loop });
  }
}

/** All of them read the same answer, which is fresh for a while. */
function addPoolGauges(registry: Registry, sources: PoolSources): void {
  let readAt = -Infinity;
  let reading = readPools(sources, []);
  const read = (): typeof reading => {
    if (performance.now() - readAt >= FRESH_MS) {
      readAt = performance.now();
      reading = readPools(sources);
    }
    return reading;
  };
  for (const [name, help, valueOf] of POOL_GAUGES) {
    const gauge: Gauge = new Gauge({
      name,
      help,
      labelNames: ['model'],
      registers: [registry],
      async collect() {
        const { pools } = await read();
        gauge.reset();
        for (const pool of pools) gauge.set({ model: pool.model }, valueOf(pool));
      },
    });
  }
  addQueueGauges(registry, read);
}

function addQueueGauges(registry: Registry, read: () => ReturnType<typeof readPools>): void {
  const registers = [registry];
  const depth: Gauge = new Gauge({
    name: 'pallet_queue_depth',
    help: 'Shards in the queue. It is a bounded buffer: the backlog is in pallet_outstanding_items.',
    labelNames: ['model', 'lane'],
    registers,
    async collect() {
      const { pools } = await read();
      depth.reset();
      for (const { model, depths } of pools) {
        for (const [lane, shards] of Object.entries(depths)) depth.set({ model, lane }, shards);
      }
    },
  });
  const up: Gauge = new Gauge({
    name: 'pallet_dependency_up',
    help: '1 when it answered lately: database, queue.',
    labelNames: ['dependency'],
    registers,
    async collect() {
      const { hasDatabase, hasQueue } = await read();
      up.set({ dependency: 'database' }, Number(hasDatabase));
      up.set({ dependency: 'queue' }, Number(hasQueue));
    },
  });
}
