import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { fileKey, newUuid, publicId } from '#contracts';
import {
  finishBatch,
  listBatchRefusals,
  listBatchResults,
  type BatchRecord,
  type BatchResult,
  type Database,
} from '#database';
import { writeFailedLine, writeRefusedLine, writeSucceededLine, writeUndoneLine } from '#openai';
import type { ObjectStore } from '#storage';

/** Requests of one statement. */
const PAGE = 500;

export interface OutputTools {
  readonly database: Database;
  readonly store: ObjectStore;
  readonly signal: AbortSignal;
}

/**
 * Writes the files of a batch and ends it. They are kept as files of their own, not made anew for each reader: a
 * job whose failures are done again later must not change what a batch has said.
 *
 * Output: false when the lease was lost. Errors: those of the store and of the connection; the same call goes again.
 */
export async function writeOutput(tools: OutputTools, batch: BatchRecord): Promise<boolean> {
  const { database, store } = tools;
  const name = publicId('batch', batch.id);
  const output = await writeFile(tools, batch, `${name}_output.jsonl`, () =>
    successes(tools, batch),
  );
  const error = await writeFile(tools, batch, `${name}_error.jsonl`, () => failures(tools, batch));
  const isOurs = await database.transaction((tx) => finishBatch(tx, batch, { output, error }));
  if (isOurs) return true;
  for (const file of [output, error]) {
    if (file !== null) await store.remove(fileKey(batch.tenantId, file.id));
  }
  return false;
}

/** Twice through the lines, first for what the store wants to know: their length. Output: null when there are none. */
async function writeFile(
  { store, signal }: OutputTools,
  batch: BatchRecord,
  name: string,
  lines: () => AsyncGenerator<string>,
) {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const line of lines()) {
    signal.throwIfAborted();
    hash.update(line);
    bytes += Buffer.byteLength(line);
  }
  if (bytes === 0) return null;
  const id = newUuid();
  const body = Readable.from(asBytes(lines()), { objectMode: false });
  await store.put(fileKey(batch.tenantId, id), body, { bytes });
  return { id, name, purpose: 'batch_output' as const, bytes, sha256: hash.digest('hex') };
}

async function* asBytes(lines: AsyncIterable<string>): AsyncGenerator<Buffer> {
  for await (const line of lines) yield Buffer.from(line);
}

async function* successes(tools: OutputTools, batch: BatchRecord): AsyncGenerator<string> {
  for await (const result of results(tools, batch, true)) {
    const [answer] = result.answers;
    if (answer === undefined) continue;
    const line = { owner: batch.id, n: result.n, customId: result.customId };
    const { finishedAt } = result;
    yield writeSucceededLine(line, batch.endpoint, {
      model: batch.model ?? '',
      answer,
      finishedAt,
    });
  }
}

async function* failures(tools: OutputTools, batch: BatchRecord): AsyncGenerator<string> {
  for (let after = 0; ;) {
    const page = await listBatchRefusals(tools.database, batch.id, { after, limit: PAGE });
    for (const { line: n, customId, code, detail, param } of page) {
      // Numbered apart from those that were tried.
      const line = { owner: batch.id, n: REFUSED_FROM + n, customId };
      yield writeRefusedLine(line, { code, message: detail, param });
    }
    if (page.length < PAGE) break;
    after = page.at(-1)!.line;
  }
  for await (const { n, customId, error } of results(tools, batch, false)) {
    const line = { owner: batch.id, n, customId };
    yield error === null
      ? writeUndoneLine(line, batch.ending ?? 'cancelled')
      : writeFailedLine(line, error);
  }
}

const REFUSED_FROM = 0x8000_0000;

async function* results(
  { database }: OutputTools,
  batch: BatchRecord,
  succeeded: boolean,
): AsyncGenerator<BatchResult> {
  if (batch.jobId === null) return;
  for (let after = -1; ;) {
    const page = await listBatchResults(database, batch, { succeeded, after, limit: PAGE });
    yield* page;
    if (page.length < PAGE) return;
    after = page.at(-1)!.n;
  }
}
