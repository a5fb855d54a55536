import { connect } from 'node:net';
import { afterAll, beforeAll } from 'vitest';
import { findRedisServer, startRedis, type EmbeddedRedis } from '#embedded';

export interface RedisForTests {
  url(): string;
  flushAll(): Promise<void>;
  stop(): Promise<void>;
  /** Empty, on the same port and with the same password. */
  start(): Promise<void>;
  /** The server stops answering, its connections stay open. */
  freeze(): void;
  thaw(): void;
  /** Sends inline commands and returns the raw answers. */
  command(...words: string[]): Promise<string>;
}

/** One real redis-server for the spec file that calls this at its top, gone after its last test. */
export function useRedis(settings: Readonly<Record<string, string>> = {}): RedisForTests {
  let server: EmbeddedRedis | undefined;
  let address: URL | undefined;
  const running = (): EmbeddedRedis => {
    if (server === undefined) throw new Error('call this inside a test or a hook');
    return server;
  };
  const start = async (): Promise<void> => {
    if (findRedisServer() === undefined) {
      throw new Error('These specs need a real Redis: apt-get install redis-server');
    }
    server = await startRedis({
      settings,
      port: address === undefined ? undefined : Number(address.port),
      password: address?.password,
    });
    address = new URL(server.url);
  };
  const signal = (name: NodeJS.Signals) => (): void => void process.kill(running().pid, name);
  const command = (...words: string[]): Promise<string> => tell(new URL(running().url), words);

  beforeAll(start);
  afterAll(async () => {
    await server?.stop();
  });
  return {
    url: () => running().url,
    flushAll: async () => void (await command('FLUSHALL')),
    stop: () => running().stop(),
    start,
    freeze: signal('SIGSTOP'),
    thaw: signal('SIGCONT'),
    command,
  };
}

/** One RESP command after AUTH; QUIT makes the server close, which ends the answer. */
function tell(address: URL, words: readonly string[]): Promise<string> {
  const encode = (parts: readonly string[]): string =>
    `*${parts.length}\r\n${parts.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`).join('')}`;
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address.hostname, port: Number(address.port) });
    const chunks: Buffer[] = [];
    socket.write(encode(['AUTH', address.password]) + encode(words) + encode(['QUIT']));
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', reject);
    socket.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      const answer = text.slice('+OK\r\n'.length, -'+OK\r\n'.length);
      if (answer.startsWith('-')) reject(new Error(`redis: ${answer.trim()}`));
      else resolve(answer);
    });
  });
}
