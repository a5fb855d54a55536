import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { AppError, newUuid, type Answer, type HostResult, type Task } from '#contracts';
import {
  claimShard,
  Database,
  feedStore,
  migrate,
  registerWorker,
  sweepExpiredLeases,
} from '#database';
import { feedStep, taskDigest, type Ticket } from '#pipeline';
import { AnswerCache } from './answer-cache.js';
import { HostCrashedError, type EngineClient } from './engine-client.js';
import { ShardRun, type RunEnd } from './shard-run.js';

export const MODEL = 'tiny';
export const TASKS: readonly Task[] = [
  { type: 'ocr' },
  { type: 'caption', language: 'en' },
  { type: 'detect', labels: ['cat'] },
];
/** Contents that there are: their numbers begin at 0. */
export const CONTENTS = 12;
/** Number of the content whose picture cannot be read. */
export const BROKEN = 7;

/** SHA-256 of the content of that number, as the rows have it. */
export const contentOf = (n: number): string => createHash('sha256').update(`${n}`).digest('hex');

/** Answers by content and task alone, as an engine does; the bytes of a picture are its content. */
export const said = (content: string, task: Task): string =>
  `${content} ${taskDigest(task)!.toString('hex').slice(0, 8)}`;

/** A database of this server in which somebody serves the model, and nothing is known when a test begins. */
export function useAnsweringDatabase(postgres: {
  createDatabase(): Promise<string>;
}): () => Database {
  let database: Database | undefined;
  beforeAll(async () => {
    database = new Database(await postgres.createDatabase());
    await migrate(database);
    const model = { name: MODEL, family: 'paligemma', imageSize: 56, note: null };
    await registerWorker(database, { id: newUuid(), host: 'here', pid: 1, model });
  });
  afterAll(() => database?.close());
  beforeEach(() => database!.query('DELETE FROM known_answers'));
  return () => database!;
}

export async function makeTenant(database: Database): Promise<string> {
  const id = newUuid();
  await database.query('INSERT INTO tenants (id, name) VALUES ($1, $2)', [id, id]);
  return id;
}

/** A sealed set with an image of each of these contents. Output: its id. */
export async function makeSet(
  database: Database,
  tenantId: string,
  contents: readonly number[],
): Promise<string> {
  const setId = newUuid();
  await database.query(
    `INSERT INTO image_sets (id, tenant_id, state, accepted) VALUES ($1, $2, 'sealed', $3)`,
    [setId, tenantId, contents.length],
  );
  await database.query(
    `INSERT INTO images (set_id, n, name, sha256)
     SELECT $1, ord - 1, 'image-' || ord, sha256(content::text::bytea)
     FROM unnest($2::int[]) WITH ORDINALITY AS t (content, ord)`,
    [setId, contents],
  );
  return setId;
}

/** Does with the shards of a job what a worker does, with an engine whose every asking is counted. */
export class Worker {
  /** Times that each content was asked each question. */
  readonly asked = new Map<string, number>();
  /** Asking of this number kills the host. */
  crashAt = Infinity;
  /** Before this asking, the lease goes to somebody else. */
  loseAt = Infinity;
  #askings = 0;
  readonly #queue: Ticket[] = [];

  constructor(
    private readonly database: Database,
    readonly revision: string | null = 'r1',
  ) {}

  /** Runs until the job has ended, through whatever befalls it. */
  async finish(job: { readonly id: string }): Promise<RunEnd[]> {
    const ends: RunEnd[] = [];
    for (let round = 0; round < 60; round += 1) {
      const [row] = await this.database.query('SELECT state FROM jobs WHERE id = $1', [job.id]);
      if (row!['state'] === 'completed') return ends;
      await this.#expire(job);
      const queue = {
        depth: async () => 0,
        add: async (more: readonly Ticket[]) => void this.#queue.push(...more),
      };
      await feedStep(feedStore(this.database), queue, MODEL, 'bulk');
      for (const ticket of this.#queue.splice(0)) ends.push(...(await this.#run(ticket, job)));
    }
    throw new Error('the job does not end');
  }

  async #expire(job: { readonly id: string }): Promise<void> {
    await this.database.query(
      `UPDATE shards SET lease_until = now() - interval '1 second' WHERE job_id = $1 AND state = 'leased'`,
      [job.id],
    );
    await sweepExpiredLeases(this.database);
  }

  async #run(ticket: Ticket, job: { readonly id: string }): Promise<RunEnd[]> {
    const workerId = newUuid();
    const lease = await claimShard(this.database, ticket, workerId, 60_000);
    if (lease === undefined) return [];
    const lost = new AbortController();
    const tools = {
      database: this.database,
      workerId,
      engine: { analyse: (...args) => this.#analyse(job, args) } as EngineClient,
      cache: new AnswerCache(this.database, MODEL, this.revision ?? undefined, (error) => {
        throw error;
      }),
      window: 3,
      fetchImage: async (_tenant: string, sha256: string) => Buffer.from(sha256),
      onAnswered: () => undefined,
      onCommitted: () => undefined,
      onFailure: (error: unknown) => {
        throw error;
      },
    };
    const never = new AbortController().signal;
    const kept = {
      lost: lost.signal,
      cancelled: never,
      paused: never,
      giveUp: () => undefined,
      drop: () => undefined,
    };
    const run = new ShardRun(tools, lease, kept, { draining: never, hurried: never });
    return [await run.run()];
  }

  async #analyse(
    job: { readonly id: string },
    args: Parameters<EngineClient['analyse']>,
  ): Promise<HostResult> {
    const [bytes, tasks, , , onSent] = args;
    const content = Buffer.from(bytes).toString();
    onSent();
    this.#askings += 1;
    if (this.#askings === this.crashAt) throw new HostCrashedError('killed');
    if (this.#askings === this.loseAt) await this.#expire(job);
    for (const task of tasks) {
      const question = said(content, task);
      this.asked.set(question, (this.asked.get(question) ?? 0) + 1);
    }
    if (content === contentOf(BROKEN)) throw new AppError('image.undecodable', 'no picture');
    const timings = { decode_ms: 0, encode_ms: 0, generate_ms: 0 };
    return {
      answers: tasks.map((task, n) => answer(n, said(content, task))),
      width: 4,
      height: 3,
      timings,
    };
  }
}

export const answer = (task: number, raw: string): Answer => ({
  task,
  raw,
  prompt: '',
  text: raw,
  boxes: [],
  confidence: 1,
  tokens: 1,
  end_reason: 'eos',
  warnings: [],
});
