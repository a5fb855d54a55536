import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { AppError } from '#contracts';
import { onFreePort } from './free-port.js';
import { findPostgresBinaries, type PostgresBinaries } from './postgres-binaries.js';
import {
  clusterFiles,
  lastLines,
  POSTGRES_USER,
  postgresEnv,
  prepareCluster,
  type ClusterFiles,
} from './postgres-cluster.js';
import { clearLeftovers, readPostmasterFile } from './postgres-leftover.js';
import { endChild, endWithParent, exitOf, type ProcessEnd } from './process-life.js';
import { choosePrivilege, launch, type Privilege } from './unprivileged.js';

export interface EmbeddedPostgres {
  /** With its user, password and database. */
  url: string;
  pid: number;
  /** Resolves when the server ends, for whatever reason. */
  exited: Promise<ProcessEnd>;
  /** Fast shutdown: connections are cut, committed work is on disk. Safe to call twice. */
  stop(): Promise<void>;
}

export interface PostgresOptions {
  /** Folder of this server alone; one starter at a time (see `lockDataDirectory`). */
  dataDirectory: string;
  port?: number;
  /** Made together with the cluster, so only the first start can choose it. */
  database?: string;
  log?: (line: string) => void;
  /** More `postgresql.conf` settings, for example `{ fsync: 'off' }` in tests. */
  settings?: Readonly<Record<string, string>>;
  startTimeoutMs?: number;
  /** For tests; found out by itself otherwise. */
  privilege?: Privilege;
}

/** A longer log than this is started anew. */
const LOG_BYTES = 20_000_000;

/**
 * Starts the PostgreSQL that npm installed, on 127.0.0.1 only, with a random password. Works as root
 * too (see `Privilege`). The server ends with this process, however this process ends.
 * Errors: `embedded.postgres_*`, `embedded.unreachable`, `embedded.database_name`.
 */
export async function startPostgres(options: PostgresOptions): Promise<EmbeddedPostgres> {
  const database = options.database ?? 'pallet';
  if (!/^[a-z][a-z0-9_]{0,62}$/.test(database)) {
    throw new AppError('embedded.database_name', `${database} cannot be the name of a database.`);
  }
  const binaries = findPostgresBinaries();
  const files = clusterFiles(resolve(options.dataDirectory));
  const privilege =
    options.privilege ?? choosePrivilege(await stat(files.cluster).catch(() => undefined));
  options.log?.(`PostgreSQL files are in ${files.cluster} (${privilege.kind})`);
  const sync = options.settings?.['fsync'] !== 'off';
  const password = await prepareCluster({ files, binaries, privilege, database, sync });
  await clearLeftovers(files.cluster);
  return onFreePort(options.port, async (port) => {
    const child = await spawnServer({
      files,
      binaries,
      privilege,
      port,
      settings: options.settings,
    });
    await untilReady(child, files, port, options.startTimeoutMs ?? 60_000);
    options.log?.(`PostgreSQL ${child.pid} listens on 127.0.0.1:${port}`);
    return {
      url: `postgres://${POSTGRES_USER}:${password}@127.0.0.1:${port}/${database}`,
      pid: requirePid(child),
      exited: exitOf(child),
      stop: async () => void (await endServer(child)),
    };
  });
}

async function spawnServer(options: {
  files: ClusterFiles;
  binaries: PostgresBinaries;
  privilege: Privilege;
  port: number;
  settings: PostgresOptions['settings'];
}): Promise<ChildProcess> {
  const { files, privilege, port } = options;
  const settings: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...options.settings,
    port: `${port}`,
  };
  const args = Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
  const program = launch(privilege, options.binaries.postgres, ['-D', files.cluster, ...args]);
  // Straight into the file: a pipe to us would break the server's log when we die.
  const size = (await stat(files.log).catch(() => undefined))?.size ?? 0;
  const log = await open(files.log, size > LOG_BYTES ? 'w' : 'a', 0o600);
  try {
    const child = spawn(program.command, program.args, {
      uid: program.uid,
      gid: program.gid,
      cwd: '/',
      env: postgresEnv(),
      stdio: ['ignore', log.fd, log.fd],
      // Its own process group: Ctrl-C in a terminal must reach us and not the server under our workers.
      detached: true,
    });
    // Throws what `spawn` could not do, for example a binary of another platform.
    await once(child, 'spawn');
    endWithParent(child, 'INT', 120);
    child.unref();
    return child;
  } finally {
    await log.close();
  }
}

async function untilReady(
  child: ChildProcess,
  files: ClusterFiles,
  port: number,
  timeoutMs: number,
): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (child.exitCode === null && child.signalCode === null && Date.now() < end) {
    const file = await readPostmasterFile(files.cluster);
    if (file?.pid === child.pid && file?.isReady && (await acceptsConnections(port))) return;
    await pause(20);
  }
  await endServer(child);
  const log = await readFile(files.log, 'utf8').catch(() => '');
  throw new AppError(
    'embedded.postgres_start_failed',
    `PostgreSQL did not start. Its log ${files.log} ends with:\n${lastLines(log)}`,
    { retryable: true, context: { log: files.log, port } },
  );
}

/** True when something takes a TCP connection on that port of the loopback address. */
export function acceptsConnections(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: 1_000 });
    const end = (answer: boolean) => (): void => {
      socket.destroy();
      done(answer);
    };
    socket.once('connect', end(true)).once('error', end(false)).once('timeout', end(false));
  });
}

const endServer = (child: ChildProcess): Promise<ProcessEnd> =>
  endChild(child, [
    { signal: 'SIGINT', waitMs: 15_000 },
    { signal: 'SIGQUIT', waitMs: 5_000 },
    { signal: 'SIGKILL', waitMs: 5_000 },
  ]);

function requirePid(child: ChildProcess): number {
  if (child.pid === undefined) throw new Error('a spawned process has an id');
  return child.pid;
}
