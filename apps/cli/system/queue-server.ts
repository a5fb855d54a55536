import { findRedisServer, startRedis, type EmbeddedRedis } from '#embedded';
import { Supervised, type SupervisedOptions } from './supervised.js';

/** Where BullMQ keeps its jobs. */
export interface QueueServer {
  url: string;
  /** One line for people. */
  description: string;
  /** Undefined when it is not ours to stop. */
  process?: Supervised<EmbeddedRedis>;
}

/** REDIS_URL when it is set, else a redis-server of our own, else BullMQ's tables in Postgres. */
export async function openQueueServer(
  env: NodeJS.ProcessEnv,
  databaseUrl: string,
  hooks: Pick<SupervisedOptions<EmbeddedRedis>, 'onEvent' | 'onRestart'>,
): Promise<QueueServer> {
  const given = env['REDIS_URL'];
  if (given) return { url: given, description: 'the Redis that REDIS_URL names' };
  const binary = findRedisServer();
  if (binary === undefined) {
    return {
      url: databaseUrl,
      description: 'tables in PostgreSQL (redis-server is not on the PATH, REDIS_URL is not set)',
    };
  }
  const process = await Supervised.start({
    name: 'redis',
    // The others know its address, so the next one takes the same.
    start: (previous?: EmbeddedRedis) =>
      startRedis({ binary, ...(previous && addressOf(previous.url)) }),
    ...hooks,
  });
  return { url: process.current.url, description: `${binary}, started for this`, process };
}

function addressOf(url: string): { port: number; password: string } {
  const { port, password } = new URL(url);
  return { port: Number(port), password };
}
