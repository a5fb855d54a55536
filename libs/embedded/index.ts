export { startService, type ChildService, type ServiceOptions } from './child-service.js';
export { lockDataDirectory } from './data-directory.js';
export { findFreePort } from './free-port.js';
export { takeLock, type LockFile, type LockOutcome } from './lock-file.js';
export { startPostgres, type EmbeddedPostgres, type PostgresOptions } from './postgres.js';
export { clusterFiles } from './postgres-cluster.js';
export { clearLeftovers } from './postgres-leftover.js';
export { type ProcessEnd } from './process-life.js';
export { findRedisServer, startRedis, type EmbeddedRedis, type RedisOptions } from './redis.js';
export { findOnPath } from './search-path.js';
export {
  TrainingProcess,
  type TrainingEnd,
  type TrainingProcessOptions,
} from './training-process.js';
