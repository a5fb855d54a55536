import { publicId } from '#contracts';
import { claimChunks, renewChunks, type ClaimedChunk, type HeldChunk } from '#database';
import { LeaseKeeper } from '#lease';
import { inSpan, type SpanOptions } from '#telemetry';
import { ChunkRun } from './chunk-run.js';
import { HostSlots } from './host-slots.js';
import type { ImportParts } from './import-parts.js';

/**
 * Fetches what imports name. Any number may run: each chunk is one's at a time, and those of an importer that died
 * are due again when its lease ends, without what it had recorded.
 */
export class Importer {
  readonly #stop = new AbortController();
  readonly #running = new Set<Promise<void>>();
  readonly #keeper: LeaseKeeper<HeldChunk>;
  readonly #slots: HostSlots;

  constructor(private readonly parts: ImportParts) {
    const { limits, database, log } = parts;
    this.#slots = new HostSlots({ total: limits.inFlight, perHost: limits.inFlightPerHost });
    this.#keeper = new LeaseKeeper<HeldChunk>(
      async (held) => {
        const kept = await renewChunks(database, held, limits.leaseMs);
        return kept.map((isKept) => (isKept ? { cancelling: false } : undefined));
      },
      limits,
      (error) => log.warn({ error }, 'leases of imports not renewed'),
    );
    this.#keeper.start();
  }

  /** Takes what there is room for, and waits for none of it. Output: whether there was anything. */
  async step(): Promise<boolean> {
    const { database, limits } = this.parts;
    const room = limits.chunks - this.#running.size;
    if (room <= 0) return true;
    const claimed = await claimChunks(database, { total: room, leaseMs: limits.leaseMs });
    for (const chunk of claimed) this.#start(chunk);
    return claimed.length > 0;
  }

  /** Resolves when one of those in hand has ended, or at once when there is none. */
  async room(): Promise<void> {
    await Promise.race(this.#running);
  }

  /** Resolves when nothing is in hand any more. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  /** Cuts off what is being fetched, records what has ended, and gives back the rest. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.idle();
    this.#keeper.stop();
  }

  #start(chunk: ClaimedChunk): void {
    const lease = this.#keeper.hold(chunk);
    const run = new ChunkRun(this.parts, chunk, lease, this.#slots, this.#stop.signal);
    const running = inSpan('import', spanOf(chunk), () => run.run())
      // The lease ends by itself, so there is nothing to mend but the silence.
      .catch((error: unknown) =>
        this.parts.log.warn({ error }, 'chunk of an import not given back'),
      )
      .finally(() => {
        lease.drop();
        this.#running.delete(running);
      });
    this.#running.add(running);
  }
}

/** A pass over a chunk, below the request that ordered the import. */
const spanOf = ({ traceParent, importId, n, rows, attempts }: ClaimedChunk): SpanOptions => ({
  parent: traceParent,
  kind: 'consumer',
  attributes: {
    'pallet.import': publicId('import', importId),
    'pallet.chunk': n,
    'pallet.rows': rows.length,
    'pallet.attempt': attempts + 1,
  },
});
