import type { LineError } from '#contracts';
import type { FoundRows, ImportRow } from '#database';
import { lineError, type ReadLine } from './manifest-line.js';

/** Rows of a chunk: what one dispatcher holds at once, and one statement writes. */
const CHUNK_ROWS = 500;

export interface ManifestChunk {
  readonly rows: readonly ImportRow[];
  readonly errors: readonly LineError[];
}

/** Output: for those custom ids that an earlier line has, that line. Whatever it was asked for is known after it. */
export type ClaimIds = (
  ids: readonly { readonly customId: string; readonly line: number }[],
) => Promise<ReadonlyMap<string, number>>;

/** Gathers lines into chunks; a custom id that an earlier line has, in whatever chunk, is an error of the later. */
export async function* manifestChunks(
  lines: AsyncIterable<readonly ReadLine[]> | Iterable<readonly ReadLine[]>,
  claimIds: ClaimIds,
): AsyncGenerator<ManifestChunk> {
  let waiting: ReadLine[] = [];
  for await (const some of lines) {
    waiting.push(...some);
    while (waiting.length >= CHUNK_ROWS) {
      yield await toChunk(waiting.slice(0, CHUNK_ROWS), claimIds);
      waiting = waiting.slice(CHUNK_ROWS);
    }
  }
  if (waiting.length > 0) yield await toChunk(waiting, claimIds);
}

async function toChunk(lines: readonly ReadLine[], claimIds: ClaimIds): Promise<ManifestChunk> {
  const errors = lines.flatMap((read) => ('error' in read ? [read.error] : []));
  const rows = lines.flatMap((read) => ('row' in read ? [read.row] : []));
  const first = new Map<string, number>();
  for (const { customId, line = 0 } of rows) {
    if (customId !== undefined && !first.has(customId)) first.set(customId, line);
  }
  const earlier = await claimIds([...first].map(([customId, line]) => ({ customId, line })));
  const kept: ImportRow[] = [];
  for (const row of rows) {
    const known =
      row.customId === undefined
        ? undefined
        : (earlier.get(row.customId) ?? first.get(row.customId));
    if (known === undefined || known === row.line) kept.push(row);
    else errors.push(repeated(row, known));
  }
  return { rows: kept, errors: errors.toSorted((a, b) => a.line - b.line) };
}

/** What a chunk has, as an import is told of it. */
export const foundRows = (importId: string, { rows, errors }: ManifestChunk): FoundRows => ({
  rows,
  refused: errors.map(({ line, code, detail }) => ({
    // Two manifests may both have a bad line 17.
    name: `line ${line} of ${importId}`,
    code,
    detail,
  })),
  lineErrors: errors,
});

const repeated = ({ line = 0, customId }: ImportRow, known: number): LineError =>
  lineError(
    line,
    'manifest.duplicate_custom_id',
    `The custom id ${JSON.stringify(customId)} is that of line ${known}.`,
  );
