import { AppError } from '#contracts';
import {
  commitRows,
  endImport,
  releaseChunk,
  type AcceptedFile,
  type ClaimedChunk,
  type ImportRow,
  type NamedContent,
} from '#database';
import { RefusedFileError, type Refusal } from '#intake';
import { LeaseLostError, MicroBatches, persist, type KeptLease } from '#lease';
import type { HostSlots } from './host-slots.js';
import type { ImportParts } from './import-parts.js';
import { LazyBucket } from './open-bucket.js';
import { MOST_PASSES, pauseBeforeNext } from './retry-plan.js';
import { fetchRow } from './fetch-row.js';

/** After so many failures in a row the rest of a chunk does not ask that host again in this pass. */
const HOST_FAILURES = 10;
/** Before a chunk is tried again that failed for a reason of ours. */
const OUR_FAULT_MS = 15_000;

type Ended =
  | { readonly row: ImportRow; readonly accepted: AcceptedFile }
  | { readonly row: ImportRow; readonly known: NamedContent }
  | { readonly row: ImportRow; readonly refused: Refusal };

/** One pass over the rows of a chunk. Each row ends, or stays in the chunk for the next pass. */
export class ChunkRun {
  readonly #left: Set<ImportRow>;
  readonly #batches: MicroBatches<Ended>;
  /** Rows that stay, with what stopped them. */
  readonly #later = new Map<ImportRow, AppError>();
  /** Failures in a row. */
  readonly #failing = new Map<string, number>();
  /** What makes going on useless. */
  #fault: unknown;
  readonly #broken = new AbortController();
  readonly #bucket: LazyBucket;

  constructor(
    private readonly parts: ImportParts,
    private readonly chunk: ClaimedChunk,
    private readonly lease: KeptLease,
    private readonly slots: HostSlots,
    private readonly stop: AbortSignal,
  ) {
    this.#left = new Set(chunk.rows);
    this.#bucket = new LazyBucket(parts, chunk.importId);
    this.#batches = new MicroBatches<Ended>(
      (entries) => this.#commit(entries),
      (error) => this.#break(error),
    );
  }

  /** Resolves when nothing of it runs any more; what was not committed is another's, or due again. */
  async run(): Promise<void> {
    try {
      await this.#endAll();
      await this.#batches.flush();
      if (this.#fault !== undefined) throw this.#fault;
      await this.#release();
    } catch (error) {
      await this.#giveUp(error);
    } finally {
      await this.#bucket.close();
    }
  }

  async #endAll(): Promise<void> {
    const signal = AbortSignal.any([this.stop, this.lease.lost, this.#broken.signal]);
    const fetched: ImportRow[] = [];
    for (const row of this.chunk.rows) {
      const { sha256, name, customId, metadata, tasks } = row;
      if (sha256 === undefined) fetched.push(row);
      else this.#batches.add({ row, known: { sha256, name, customId, metadata, tasks } });
    }
    await Promise.all(fetched.map((row) => this.#fetch(row, signal)));
  }

  async #fetch(row: ImportRow, signal: AbortSignal): Promise<void> {
    // A bucket stands for its host: two imports from one are two hosts.
    const host = row.url === undefined ? this.chunk.importId : new URL(row.url).host;
    await this.slots.run(host, async () => {
      if (signal.aborted) return;
      if (this.#failuresOf(host) >= HOST_FAILURES) return this.#keep(row, HOST_AWAY);
      try {
        const from = { parts: this.parts, bucket: this.#bucket, signal, lost: this.lease.lost };
        const accepted = await fetchRow(from, this.chunk, row);
        this.#failing.delete(host);
        this.#batches.add({ row, accepted });
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof RefusedFileError) {
          this.#failing.delete(host);
          this.#batches.add({ row, refused: error.refusal });
        } else if (error instanceof AppError && error.retryable) {
          this.#failing.set(host, this.#failuresOf(host) + 1);
          this.#keep(row, error);
        } else this.#break(error);
      }
    });
  }

  #failuresOf(host: string): number {
    return this.#failing.get(host) ?? 0;
  }

  #keep(row: ImportRow, reason: AppError): void {
    if (this.chunk.attempts + 1 < MOST_PASSES) {
      this.#later.set(row, reason);
      return;
    }
    const detail = `${reason.message} It was tried ${MOST_PASSES} times.`;
    this.#batches.add({ row, refused: { code: reason.code, detail } });
  }

  async #commit(entries: readonly Ended[]): Promise<void> {
    const { limits, quota } = this.parts;
    const { tenantId, setId } = this.chunk;
    const target = { tenantId, setId, imagesPerSet: limits.imagesPerSet, quota };
    const rows = new Set(entries.map(({ row }) => row));
    const left = [...this.#left].filter((row) => !rows.has(row));
    const ended = {
      accepted: entries.flatMap((entry) => ('accepted' in entry ? [entry.accepted] : [])),
      known: entries.flatMap((entry) => ('known' in entry ? [entry.known] : [])),
      refused: entries.flatMap((entry) =>
        'refused' in entry ? [{ name: entry.row.name, ...entry.refused }] : [],
      ),
      left,
    };
    const isOurs = await persist(this.lease.lost, () =>
      commitRows(this.parts.database, this.chunk, target, ended),
    );
    if (!isOurs) throw new LeaseLostError();
    for (const row of rows) this.#left.delete(row);
  }

  #break(error: unknown): void {
    this.#fault ??= error;
    this.#broken.abort();
  }

  async #release(): Promise<void> {
    if (this.#left.size === 0) return;
    const { database, limits } = this.parts;
    // A pass that was cut short says nothing about the rows that it did not come to.
    const isWhole = !this.stop.aborted;
    const { retryMs } = limits;
    const passes = this.chunk.attempts + 1;
    const pauseMs = pauseBeforeNext(passes, this.#later.values(), {
      retryMs,
      random: Math.random(),
    });
    await releaseChunk(database, this.chunk, {
      afterMs: isWhole ? pauseMs : 0,
      countsAs: isWhole ? 1 : 0,
    });
  }

  async #giveUp(error: unknown): Promise<void> {
    if (error instanceof LeaseLostError || this.lease.lost.aborted) return;
    const { database, log } = this.parts;
    const { importId, n } = this.chunk;
    if (error instanceof AppError && error.code.startsWith('set.')) {
      const reason = { code: error.code, detail: error.message };
      await endImport(database, importId, { state: 'failed', error: reason });
      return;
    }
    log.warn({ error, importId, n }, 'chunk of an import failed');
    await releaseChunk(database, this.chunk, { afterMs: OUR_FAULT_MS, countsAs: 0 });
  }
}

const HOST_AWAY = new AppError('fetch.host_away', 'Its host did not answer many times in a row.', {
  retryable: true,
});
