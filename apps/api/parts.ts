import type { ApiConfig } from '#config';
import type { Database } from '#database';
import type { QueueSystem } from '#queue';
import type { ObjectStore } from '#storage';
import type { Logger } from '#telemetry';
import type { Departure } from './departure.js';
import type { HttpMetrics } from './metrics/http-metrics.js';

/** What the api's services share; made in main, closed there last. */
export interface ApiParts {
  readonly config: ApiConfig;
  readonly database: Database;
  readonly queue: QueueSystem;
  readonly store: ObjectStore;
  readonly log: Logger;
  readonly metrics?: HttpMetrics;
  readonly departure?: Departure;
  /** Folder of the built dashboard; without one the api answers programs only. */
  readonly dashboard?: string;
}

export const API_PARTS = Symbol('ApiParts');
