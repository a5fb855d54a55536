import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chown, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '#contracts';
import type { PostgresBinaries } from './postgres-binaries.js';
import { exitOf } from './process-life.js';
import { searchPath } from './search-path.js';
import { launch, requireReach, type Privilege } from './unprivileged.js';

export const POSTGRES_USER = 'pallet';
const MAJOR_VERSION = '18';

/** The files of one embedded PostgreSQL, all inside the data directory. */
export interface ClusterFiles {
  directory: string;
  /** What PostgreSQL calls PGDATA. */
  cluster: string;
  password: string;
  log: string;
}

export function clusterFiles(directory: string): ClusterFiles {
  return {
    directory,
    cluster: join(directory, 'cluster'),
    password: join(directory, 'password'),
    log: join(directory, 'postgres.log'),
  };
}

/** The environment of every PostgreSQL program: none of our own PG* variables may leak in. */
export const postgresEnv = (): NodeJS.ProcessEnv => ({
  PATH: searchPath(),
  LC_ALL: 'C',
  TZ: 'UTC',
});

/**
 * Makes the cluster with one database in it unless it is there, and returns its password. The work is
 * done in a folder beside it that is renamed at the end, so nothing half-made is ever used.
 * Errors: `embedded.postgres_version`, `embedded.postgres_password_lost`,
 * `embedded.postgres_init_failed`, `embedded.unreachable`.
 */
export async function prepareCluster(options: {
  files: ClusterFiles;
  binaries: PostgresBinaries;
  privilege: Privilege;
  database: string;
  sync: boolean;
}): Promise<string> {
  const { files, privilege, binaries } = options;
  await mkdir(files.directory, { recursive: true, mode: 0o700 });
  const password = await readPassword(files);
  if (existsSync(files.cluster)) await requireVersion(files.cluster);
  if (privilege.kind === 'other-user') await giveAway(files.directory, privilege);
  requireReach(privilege, [files.directory, binaries.initdb]);
  if (!existsSync(files.cluster)) await initialise(options);
  return password;
}

async function initialise(options: Parameters<typeof prepareCluster>[0]): Promise<void> {
  const { files, binaries, privilege, database, sync } = options;
  const unfinished = `${files.cluster}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  const run = (file: string, args: string[], input = ''): Promise<void> =>
    runProgram(privilege, file, args, input);
  await run(binaries.initdb, [
    `--pgdata=${unfinished}`,
    `--username=${POSTGRES_USER}`,
    `--pwfile=${files.password}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    ...(sync ? [] : ['--no-sync']),
  ]);
  // The package has no createdb; the single-user backend needs no server, port or login.
  const single = ['--single', '-j', ...(sync ? [] : ['-F']), '-D', unfinished, 'postgres'];
  await run(binaries.postgres, single, `CREATE DATABASE "${database}";\n\n`);
  await rename(unfinished, files.cluster);
}

async function readPassword(files: ClusterFiles): Promise<string> {
  const known = existsSync(files.password) ? (await readFile(files.password, 'utf8')).trim() : '';
  if (/^[0-9a-f]{48}$/.test(known)) return known;
  if (existsSync(files.cluster)) {
    throw new AppError(
      'embedded.postgres_password_lost',
      `${files.password} is missing or damaged, so nobody can log in to the database beside it. Restore that file from a backup.`,
      { context: { file: files.password } },
    );
  }
  const password = randomBytes(24).toString('hex');
  await writeFile(files.password, `${password}\n`, { mode: 0o600 });
  return password;
}

async function requireVersion(cluster: string): Promise<void> {
  const version = await readFile(join(cluster, 'PG_VERSION'), 'utf8').catch(() => 'unknown');
  if (version.trim() === MAJOR_VERSION) return;
  throw new AppError(
    'embedded.postgres_version',
    `${cluster} holds data of PostgreSQL ${version.trim()}, this Pallet brings ${MAJOR_VERSION}. Use another data folder, or dump the data with the old version and load it into the new one.`,
    { context: { found: version.trim(), expected: MAJOR_VERSION } },
  );
}

async function runProgram(
  privilege: Privilege,
  file: string,
  args: readonly string[],
  input: string,
): Promise<void> {
  const { command, args: all, uid, gid } = launch(privilege, file, args);
  const child = spawn(command, all, { uid, gid, cwd: '/', env: postgresEnv() });
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const failure = new Promise<Error>((resolve) => {
    child.once('error', resolve);
  });
  const end = await Promise.race([exitOf(child), failure]);
  const text = Buffer.concat(output).toString('utf8');
  // The single-user backend exits with 0 although its statement failed.
  if (!(end instanceof Error) && end.code === 0 && !/^(ERROR|FATAL|PANIC):|ERROR:  /m.test(text))
    return;
  throw new AppError(
    'embedded.postgres_init_failed',
    `PostgreSQL could not create its files: ${lastLines(text) || String(end)}`,
    { context: { program: file }, cause: end instanceof Error ? end : undefined },
  );
}

/** The end of a log, for an error message. */
export const lastLines = (text: string, count = 5): string =>
  text.trim().split('\n').slice(-count).join('\n');

async function giveAway(path: string, owner: { uid: number; gid: number }): Promise<void> {
  await chown(path, owner.uid, owner.gid);
  for (const entry of await readdir(path, { withFileTypes: true, recursive: true })) {
    await chown(join(entry.parentPath, entry.name), owner.uid, owner.gid);
  }
}
