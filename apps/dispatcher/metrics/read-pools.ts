import { setTimeout as sleep } from 'node:timers/promises';
import { listOpenPools, readBacklog, type BacklogRecord, type Database } from '#database';
import { LANES } from '#pipeline';
import type { QueueSystem } from '#queue';

export interface PoolSources {
  readonly database: Database;
  readonly queue: QueueSystem;
}

export interface PoolFigures extends BacklogRecord {
  readonly model: string;
  /** Shards in the queue by lane; empty while the queue does not answer. */
  readonly depths: Readonly<Record<string, number>>;
}

export interface PoolReading {
  readonly pools: readonly PoolFigures[];
  readonly hasDatabase: boolean;
  readonly hasQueue: boolean;
}

/** A scrape is not held up by what is away. */
const PATIENCE_MS = 2_000;

/** The figures of all pools, or of `models`. Never fails: what does not answer is said to be away. */
export async function readPools(
  { database, queue }: PoolSources,
  models?: readonly string[],
): Promise<PoolReading> {
  const names = await inTime(async () => models ?? (await listOpenPools(database)));
  if (names === undefined) return { pools: [], hasDatabase: false, hasQueue: await answers(queue) };
  const hasQueue = await answers(queue);
  const pools: PoolFigures[] = [];
  for (const model of names) {
    const backlog = await inTime(() => readBacklog(database, model));
    if (backlog === undefined) return { pools, hasDatabase: false, hasQueue };
    pools.push({ model, ...backlog, depths: hasQueue ? await depthsOf(queue, model) : {} });
  }
  return { pools, hasDatabase: true, hasQueue };
}

async function depthsOf(queue: QueueSystem, model: string): Promise<Record<string, number>> {
  const depths: Record<string, number> = {};
  for (const lane of LANES) {
    const depth = await inTime(() => queue.queue(model, lane).depth());
    if (depth !== undefined) depths[lane] = depth;
  }
  return depths;
}

const answers = async (queue: QueueSystem): Promise<boolean> =>
  (await inTime(async () => {
    await queue.check();
    return true;
  })) === true;

/** Its value, or undefined when it failed or took too long. */
async function inTime<T>(work: () => Promise<T>): Promise<T | undefined> {
  const late = sleep(PATIENCE_MS, undefined, { ref: false });
  return Promise.race([work().catch(() => undefined), late]);
}
