export { GOOD_TOKEN, LoopbackHub, OTHER_TOKEN, type HubRequest } from './hub/loopback-hub.js';
export { usePostgres, type PostgresForTests } from './servers/postgres-server.js';
export { useRedis, type RedisForTests } from './servers/redis-server.js';
export { useS3, type S3ForTests } from './servers/s3-server.js';
export { makeTemporaryDirectory, removeDirectory } from './servers/temporary-directory.js';
