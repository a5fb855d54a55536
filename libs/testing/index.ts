export { usePostgres, type PostgresForTests } from './servers/postgres-server.js';
export { useRedis, type RedisForTests } from './servers/redis-server.js';
export { useS3, type S3ForTests } from './servers/s3-server.js';
export { makeTemporaryDirectory, removeDirectory } from './servers/temporary-directory.js';
