import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { AppError } from '#contracts';
import { onFreePort } from './free-port.js';
import { endChild, endWithParent, exitOf, type ProcessEnd } from './process-life.js';
import { findOnPath, searchPath } from './search-path.js';

export interface EmbeddedRedis {
  /** With its password. */
  url: string;
  pid: number;
  exited: Promise<ProcessEnd>;
  stop(): Promise<void>;
}

export interface RedisOptions {
  /** Default: `redis-server` of the PATH. */
  binary?: string;
  /** Working folder; nothing is written there unless `settings` ask for it. */
  dataDirectory?: string;
  port?: number;
  /** Hex digits; random when not given. */
  password?: string;
  /** More lines of redis.conf, by name. */
  settings?: Readonly<Record<string, string>>;
}

export const findRedisServer = (): string | undefined => findOnPath('redis-server');

/**
 * Starts Redis on 127.0.0.1 with nothing kept on disk: it is a buffer that Postgres refills. It ends
 * with this process, however this process ends.
 * Errors: `embedded.redis_missing`, `embedded.redis_start_failed`.
 */
export async function startRedis(options: RedisOptions = {}): Promise<EmbeddedRedis> {
  const binary = options.binary ?? findRedisServer();
  if (binary === undefined) {
    throw new AppError(
      'embedded.redis_missing',
      'redis-server is not on the PATH. Install it (Debian: apt-get install redis-server), or run without it.',
    );
  }
  const password = options.password ?? randomBytes(24).toString('hex');
  return onFreePort(options.port, async (port) => {
    const { child, log } = spawnServer(binary, redisConf(options, port, password));
    await untilReady(child, port, password, log);
    const { pid } = child;
    if (pid === undefined) throw new Error('a spawned process has an id');
    return {
      url: `redis://:${password}@127.0.0.1:${port}`,
      pid,
      exited: exitOf(child),
      stop: async () => void (await endServer(child)),
    };
  });
}

function redisConf(options: RedisOptions, port: number, password: string): string {
  const settings: Record<string, string> = {
    bind: '127.0.0.1',
    port: `${port}`,
    requirepass: password,
    save: '""',
    appendonly: 'no',
    // BullMQ loses jobs under any policy that evicts.
    'maxmemory-policy': 'noeviction',
    // Keeps our tickets in the compact encoding: less than half the bytes per waiting shard.
    'hash-max-listpack-value': '512',
    ...(options.dataDirectory === undefined ? {} : { dir: `"${options.dataDirectory}"` }),
    ...options.settings,
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name} ${value}\n`)
    .join('');
}

function spawnServer(binary: string, conf: string): { child: ChildProcess; log: () => string } {
  // `-` reads the configuration from stdin: arguments, and the password among them, show in `ps`.
  const child = spawn(binary, ['-'], {
    cwd: '/',
    env: { PATH: searchPath(), LC_ALL: 'C' },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  let text = '';
  const keep = (chunk: Buffer): void => {
    text = (text + chunk.toString('utf8')).slice(-2_000);
  };
  child.on('error', (error) => keep(Buffer.from(error.message)));
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', keep);
    if ('unref' in stream && typeof stream.unref === 'function') stream.unref();
  }
  child.stdin.on('error', () => undefined);
  child.stdin.end(conf);
  endWithParent(child, 'TERM', 10);
  child.unref();
  return { child, log: () => text };
}

async function untilReady(
  child: ChildProcess,
  port: number,
  password: string,
  log: () => string,
): Promise<void> {
  const end = Date.now() + 15_000;
  const ended = (): boolean =>
    child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
  await once(child, 'spawn').catch(() => undefined);
  while (!ended() && Date.now() < end) {
    if (await answersPing(port, password)) return;
    await pause(20);
  }
  if (!ended()) await endServer(child);
  throw new AppError('embedded.redis_start_failed', `redis-server did not start: ${log().trim()}`, {
    retryable: true,
    context: { port },
  });
}

function answersPing(port: number, password: string): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: 1_000 });
    let answer = '';
    const end = (): void => {
      socket.destroy();
      done(answer.includes('+PONG'));
    };
    socket.on('connect', () => socket.write(`AUTH ${password}\r\nPING\r\n`));
    socket.on('data', (chunk: Buffer) => {
      answer += chunk.toString('utf8');
      if (answer.split('\n').length > 2) end();
    });
    socket.once('error', end).once('timeout', end);
  });
}

const endServer = (child: ChildProcess): Promise<ProcessEnd> =>
  endChild(child, [
    { signal: 'SIGTERM', waitMs: 3_000 },
    { signal: 'SIGKILL', waitMs: 5_000 },
  ]);
