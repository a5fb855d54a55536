import type { Database } from '#database';
import type { OutgoingGuard } from '#outgoing';
import type { SecretBox } from '#secrets';
import type { ObjectStore } from '#storage';
import type { Logger } from '#telemetry';

export interface ExportLimits {
  readonly leaseMs: number;
  readonly heartbeatMs: number;
  /** For one request to the bucket, the body included. */
  readonly timeoutMs: number;
  /** Before the second try; later ones wait twice as long each. */
  readonly retryMs: number;
  /** Of one picture. */
  readonly imageBytes: number;
}

/** What an exporter works with. */
export interface ExportParts {
  readonly database: Database;
  readonly store: ObjectStore;
  readonly guard: OutgoingGuard;
  readonly secrets: SecretBox;
  readonly limits: ExportLimits;
  readonly log: Logger;
}
