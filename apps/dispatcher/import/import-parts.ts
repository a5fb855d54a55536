import type { ImportLimits } from '#config';
import type { StorageQuota } from '#contracts';
import type { Database } from '#database';
import type { OutgoingGuard } from '#outgoing';
import type { SecretBox } from '#secrets';
import type { ObjectStore } from '#storage';
import type { Logger } from '#telemetry';

/** What an importer works with. */
export interface ImportParts {
  readonly database: Database;
  readonly store: ObjectStore;
  readonly guard: OutgoingGuard;
  readonly secrets: SecretBox;
  readonly limits: ImportLimits;
  /** Of each tenant. */
  readonly quota: StorageQuota;
  readonly log: Logger;
}
