import type { Task } from '#contracts';
import type { EndedItem, Lease } from '#database';
import { Counter, DURATION_BUCKETS_S, Gauge, Histogram, type Registry } from '#telemetry';
import type { RunEnd } from '../supervisor/shard-run.js';

/** What the figures are read from, when somebody asks. */
export interface WorkerState {
  /** Shards that are held. */
  readonly leases: number;
  readonly imagesInHost: number;
}

/** The figures of one worker. It serves one model, so the label is the same in all of them. */
export class WorkerMetrics {
  readonly #model: string;
  readonly #items: Counter;
  readonly #answers: Counter;
  readonly #tokens: Counter;
  readonly #stages: Histogram;
  readonly #commits: Histogram;
  readonly #shards: Counter;
  readonly #restarts: Counter;

  constructor(registry: Registry, model: string, state: () => WorkerState) {
    this.#model = model;
    const registers = [registry];
    this.#items = new Counter({
      name: 'pallet_items_total',
      help: 'Images that ended, by state; `rerun` says that an earlier lease on them was lost.',
      labelNames: ['model', 'state', 'rerun'],
      registers,
    });
    this.#answers = new Counter({
      name: 'pallet_answers_total',
      help: 'Answers of the model, by kind of task.',
      labelNames: ['model', 'task'],
      registers,
    });
    this.#tokens = new Counter({
      name: 'pallet_tokens_total',
      help: 'Tokens that the model wrote.',
      labelNames: ['model', 'task'],
      registers,
    });
    this.#stages = new Histogram({
      name: 'pallet_stage_seconds',
      help: 'Time that an image spent in a stage (fetch, decode, encode, generate), or a micro-batch in commit.',
      labelNames: ['model', 'stage'],
      buckets: DURATION_BUCKETS_S,
      registers,
    });
    this.#commits = new Histogram({
      name: 'pallet_commit_items',
      help: 'Images in one commit.',
      labelNames: ['model'],
      buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
      registers,
    });
    this.#shards = new Counter({
      name: 'pallet_shards_total',
      help: 'Leases that ended, by how.',
      labelNames: ['model', 'end'],
      registers,
    });
    this.#restarts = new Counter({
      name: 'pallet_engine_restarts_total',
      help: 'Deaths of the engine host.',
      labelNames: ['model'],
      registers,
    });
    this.#restarts.inc({ model }, 0);
    this.#watch('pallet_leases', 'Shards that this worker holds.', registry, () => state().leases);
    this.#watch(
      'pallet_engine_images',
      'Images inside the engine host now.',
      registry,
      () => state().imagesInHost,
    );
  }

  committed(items: readonly EndedItem[], lease: Lease, seconds: number): void {
    const model = this.#model;
    this.#commits.observe({ model }, items.length);
    this.#stages.observe({ model, stage: 'commit' }, seconds);
    const own = new Map(lease.items.map((item) => [item.n, item.tasks]));
    for (const item of items) this.#ended(item, own.get(item.n) ?? lease.tasks);
  }

  shardEnded(end: RunEnd): void {
    this.#shards.inc({ model: this.#model, end });
  }

  engineDied(): void {
    this.#restarts.inc({ model: this.#model });
  }

  #ended(item: EndedItem, tasks: readonly Task[]): void {
    const model = this.#model;
    this.#items.inc({ model, state: item.state, rerun: String(item.attempts > 1) });
    for (const answer of item.answers ?? []) {
      const task = tasks[answer.task]?.type ?? 'other';
      this.#answers.inc({ model, task });
      // Known answers were written at another time.
      this.#tokens.inc({ model, task }, answer.cached ? 0 : answer.tokens);
    }
    for (const [name, ms] of Object.entries(item.timings ?? {})) {
      this.#stages.observe({ model, stage: name.replace(/_ms$/, '') }, ms / 1000);
    }
  }

  #watch(name: string, help: string, registry: Registry, read: () => number): void {
    const model = this.#model;
    const gauge: Gauge = new Gauge({
      name,
      help,
      labelNames: ['model'],
      registers: [registry],
      collect: () => gauge.set({ model }, read()),
    });
  }
}
