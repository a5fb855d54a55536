import { createHash } from 'node:crypto';
import { parsePublicId, type Import, type Task } from '#contracts';
import { Database } from '#database';
import type { TestClient } from '../../rig/client.js';
import type { System } from '../../rig/system.js';
import { tinyImage } from '../../rig/tiny-image.js';

/** Different contents; each is in a set many times, under names and ids of its own. */
const CONTENTS = 1_000;
const LINES_AT_ONCE = 500;
const LOOK_MS = 50;
const TASK: Task = { type: 'ocr' };

export interface Timings {
  /** From the first line of the manifest to the end of its import. */
  readonly rowsMs: number;
  /** From the request to its answer. */
  readonly acceptMs: number;
  /** From the request to the commit of the last item. */
  readonly jobMs: number;
  /** Ms between the tenths of the items, ten of them. */
  readonly tenthsMs: readonly number[];
  readonly exportMs: number;
}

/** The bytes that all rows name. */
export async function sendContents(client: TestClient): Promise<void> {
  const set = await client.createSet('contents');
  await client.upload(
    set.id,
    Array.from({ length: CONTENTS }, (_, n) => tinyImage(n)),
  );
}

/**
 * A set of `items` rows that a manifest brings (name, content, id, metadata), and a job over it, to its end.
 * Errors: one that says what is wrong when an image has no end, counters differ from rows, or a shard is left.
 */
export async function runBulkJob(
  system: System,
  client: TestClient,
  items: number,
): Promise<Timings> {
  const startedAt = performance.now();
  const setId = await addRows(system, client, items);
  const orderedAt = performance.now();
  // Known answers would leave nothing to dispatch.
  const job = await client.createJob(setId, [TASK], { cache: false });
  const acceptedAt = performance.now();
  const tenthsMs = await followTenths(client, job.id, items, orderedAt);
  const endedAt = performance.now();
  await checkRows(system.databaseUrl, job.id, items);
  const checkedAt = performance.now();
  await readExport(system, job.id, items);
  return {
    rowsMs: orderedAt - startedAt,
    acceptMs: acceptedAt - orderedAt,
    jobMs: endedAt - orderedAt,
    tenthsMs,
    exportMs: performance.now() - checkedAt,
  };
}

/** By a manifest of so many lines, which is written as it is read: nothing here or there holds all of it. */
async function addRows(system: System, client: TestClient, items: number): Promise<string> {
  const set = await client.createSet(`million ${items}`);
  const response = await fetch(`${system.url}/v1/image-sets/${set.id}/imports`, {
    method: 'POST',
    headers: { authorization: `Bearer ${system.apiKey}`, 'content-type': 'application/jsonl' },
    body: ReadableStream.from(manifestOf(items)),
    duplex: 'half',
  });
  if (!response.ok) throw new Error(`manifest: ${response.status} ${await response.text()}`);
  let found = (await response.json()) as Import;
  while (found.finished_at === null) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    found = await client.request<Import>('GET', `/v1/imports/${found.id}`);
  }
  if (found.row_counts.accepted !== items) throw new Error(`rows: ${JSON.stringify(found)}`);
  return set.id;
}

/** Lines that name contents sent before, each under a name, an id and metadata of its own. */
async function* manifestOf(items: number): AsyncGenerator<Uint8Array> {
  const contents = Array.from({ length: CONTENTS }, (_, n) =>
    createHash('sha256').update(tinyImage(n).bytes).digest('hex'),
  );
  for (let from = 0; from < items; from += LINES_AT_ONCE) {
    const lines = Array.from({ length: Math.min(LINES_AT_ONCE, items - from) }, (_, at) => {
      const n = from + at;
      const sha256 = contents[n % CONTENTS]!;
      const row = { sha256, name: `${n}.png`, custom_id: `row-${n}`, metadata: { row: `${n}` } };
      return `${JSON.stringify(row)}\n`;
    });
    yield Buffer.from(lines.join(''));
  }
}

async function followTenths(
  client: TestClient,
  jobId: string,
  items: number,
  startedAt: number,
): Promise<number[]> {
  const tenths: number[] = [];
  let lastAt = startedAt;
  for (;;) {
    const { item_counts: counts, finished_at: finishedAt } = await client.job(jobId);
    const now = performance.now();
    while (tenths.length < 10 && counts.succeeded >= ((tenths.length + 1) * items) / 10) {
      tenths.push(now - lastAt);
      lastAt = now;
    }
    if (finishedAt !== null) return tenths;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

async function checkRows(databaseUrl: string, publicJobId: string, items: number): Promise<void> {
  const database = new Database(databaseUrl, { connections: 1 });
  try {
    const [row] = await database.query(
      `SELECT jobs.state, jobs.succeeded,
              (SELECT count(*)::int FROM items WHERE job_id = jobs.id AND items.state = 'succeeded'
               AND items.n BETWEEN 0 AND jobs.item_count - 1) AS rows,
              (SELECT count(*)::int FROM shards WHERE job_id = jobs.id AND shards.state <> 'done') AS left
       FROM jobs WHERE id = $1`,
      [parsePublicId('job', publicJobId)],
    );
    const right = { state: 'completed', succeeded: items, rows: items, left: 0 };
    if (JSON.stringify(row) !== JSON.stringify(right)) throw new Error(JSON.stringify(row));
  } finally {
    await database.close();
  }
}

/** Every result as the api streams it; only its lines are counted. */
async function readExport(system: System, jobId: string, items: number): Promise<void> {
  const response = await fetch(`${system.url}/v1/jobs/${jobId}/export?format=jsonl`, {
    headers: { authorization: `Bearer ${system.apiKey}` },
  });
  if (!response.ok) throw new Error(`export: ${response.status} ${await response.text()}`);
  let lines = 0;
  for await (const chunk of response.body!) {
    for (const byte of chunk as Uint8Array) if (byte === 10) lines += 1;
  }
  if (lines !== items) throw new Error(`the export has ${lines} lines`);
}
