import { afterAll, beforeAll } from 'vitest';
import { Database } from '#database';
import { clearLeftovers, clusterFiles, startPostgres, type EmbeddedPostgres } from '#embedded';
import { makeTemporaryDirectory, removeDirectory } from './temporary-directory.js';

export interface PostgresForTests {
  /** Url of a fresh database, empty or a copy of `template` (which nobody may be connected to then). */
  createDatabase(options?: { template?: string }): Promise<string>;
  /** Process id of the postmaster, for faults of the spec's own. */
  pid(): number;
  stop(): Promise<void>;
  /** kill -9; committed work survives it. Resolves when its backends are gone too: until then they would go on serving. */
  kill(): Promise<void>;
  /** On the same port and data, so urls given out stay good. */
  start(): Promise<void>;
}

/**
 * One real PostgreSQL for the spec file that calls this at its top, gone after its last test. Without
 * `durable` it does not wait for the disk, which makes specs several times faster; commits still reach the
 * operating system, so only a crash of the whole machine could lose them.
 */
export function usePostgres(options: { durable?: boolean } = {}): PostgresForTests {
  let directory: string | undefined;
  let server: EmbeddedPostgres | undefined;
  let admin: Database | undefined;
  let port: number | undefined;
  let made = 0;

  const settings = {
    max_connections: '200',
    ...(options.durable ? {} : { fsync: 'off', full_page_writes: 'off' }),
  };
  const start = async (): Promise<void> => {
    directory ??= await makeTemporaryDirectory();
    server = await startPostgres({ dataDirectory: directory, port, settings });
    port = Number(new URL(server.url).port);
  };
  const running = (): EmbeddedPostgres => {
    if (server === undefined) throw new Error('call this inside a test or a hook');
    return server;
  };

  beforeAll(start);
  afterAll(async () => {
    await admin?.close();
    await server?.stop();
    if (directory !== undefined) await removeDirectory(directory);
  });
  return {
    createDatabase: async ({ template } = {}) => {
      const url = new URL(running().url);
      admin ??= new Database(url.href, { connections: 1 });
      made += 1;
      const name = `test_${made}`;
      const source = template === undefined ? 'template0' : new URL(template).pathname.slice(1);
      await admin.query(`CREATE DATABASE "${name}" TEMPLATE "${source}"`);
      url.pathname = `/${name}`;
      return url.href;
    },
    pid: () => running().pid,
    stop: () => running().stop(),
    kill: async () => {
      process.kill(running().pid, 'SIGKILL');
      await running().exited;
      await clearLeftovers(clusterFiles(directory!).cluster);
    },
    start,
  };
}
