import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isAlive } from './process-life.js';
import { findRedisServer, startRedis } from './redis.js';

/** What the server answers to inline commands. */
function say(port: number, commands: readonly string[], until: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port });
    let answer = '';
    socket.on('connect', () => socket.write(commands.map((line) => `${line}\r\n`).join('')));
    socket.on('data', (chunk: Buffer) => {
      answer += chunk.toString('utf8');
      if (!until.test(answer)) return;
      socket.destroy();
      resolve(answer);
    });
    socket.once('error', reject);
  });
}

describe('startRedis', () => {
  it('starts one with a password, nothing on disk and no eviction, and ends it', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'pallet redis-'));
    const server = await startRedis({ dataDirectory: directory });
    try {
      const { port, password } = new URL(server.url);
      const refused = await say(Number(port), ['PING'], /\r\n/);
      expect(refused).toMatch(/^-NOAUTH/);
      const questions = [
        'save',
        'appendonly',
        'maxmemory-policy',
        'hash-max-listpack-value',
        'bind',
      ];
      const told = await say(
        Number(port),
        [`AUTH ${password}`, ...questions.map((name) => `CONFIG GET ${name}`), 'PING'],
        /PONG/,
      );
      expect(told).toMatch(/noeviction[^]*\r\n512\r\n[^]*127\.0\.0\.1/);
      expect(told).toMatch(/appendonly\r\n\$2\r\nno/);
      expect(told).toMatch(/save\r\n\$0\r\n\r\n/);
    } finally {
      await server.stop();
      await rm(directory, { recursive: true });
    }
    expect(isAlive(server.pid)).toBe(false);
  });

  it('ends a server that is frozen', async () => {
    const server = await startRedis();
    process.kill(server.pid, 'SIGSTOP');
    await server.stop();
    expect(isAlive(server.pid)).toBe(false);
  });

  it('says why it did not start', async () => {
    await expect(startRedis({ settings: { databases: 'many' } })).rejects.toMatchObject({
      code: 'embedded.redis_start_failed',
      message: expect.stringContaining('databases many'),
    });
    await expect(startRedis({ binary: '/nowhere/redis-server' })).rejects.toThrow(/ENOENT/);
  });

  it('finds the server of the PATH', () => {
    expect(findRedisServer()).toMatch(/redis-server$/);
  });
});
