import type { DispatcherConfig } from '#config';
import type { Database } from '#database';
import type { QueueSystem } from '#queue';
import type { ObjectStore } from '#storage';
import type { Logger } from '#telemetry';
import type { DispatcherMetrics } from './metrics/dispatcher-metrics.js';

/** What the dispatcher's services share; made in main, closed there last. */
export interface DispatcherParts {
  readonly config: DispatcherConfig;
  readonly database: Database;
  readonly queue: QueueSystem;
  readonly store: ObjectStore;
  readonly log: Logger;
  readonly metrics: DispatcherMetrics;
}

export const DISPATCHER_PARTS = Symbol('DispatcherParts');
