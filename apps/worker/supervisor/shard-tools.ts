import type { Database, EndedItem, Lease } from '#database';
import type { AnswerCache } from './answer-cache.js';
import type { EngineClient } from './engine-client.js';

/** What every run of a shard shares in one worker. */
export interface ShardTools {
  readonly database: Database;
  readonly workerId: string;
  readonly engine: EngineClient;
  readonly cache: AnswerCache;
  /** Images of one shard that are fetched or inside the host at once. */
  readonly window: number;
  /** Errors: `image.missing`, `image.damaged`; retryable ones when the store does not answer. */
  fetchImage(tenantId: string, sha256: string): Promise<Uint8Array>;
  /** Tasks that were just answered, for the measure of accelerator time. */
  onAnswered(tasks: number): void;
  /** These items are in the database now; it took so long. */
  onCommitted(items: readonly EndedItem[], lease: Lease, seconds: number): void;
  /** A run ended by an error that is no item's. */
  onFailure(error: unknown, lease: Lease): void;
}
