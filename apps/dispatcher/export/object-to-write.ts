import type { Database, HeldExport } from '#database';
import type { CustomerBucket } from '#storage';

export interface ObjectTools {
  readonly database: Database;
  readonly bucket: CustomerBucket;
  readonly held: HeldExport;
  readonly signal: AbortSignal;
}

export interface ObjectToWrite {
  readonly key: string;
  readonly mediaType: string;
  readonly content: AsyncIterable<Uint8Array>;
  readonly partBytes: number;
  /** Asked when all is there and nobody sees it yet. */
  readonly check: () => Promise<void>;
}
