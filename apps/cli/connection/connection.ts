import { join, resolve } from 'node:path';
import { AppError } from '#contracts';
import { usageError } from '../exit-code.js';
import { findSystem } from './system-file.js';

export interface ConnectionFlags {
  url?: string;
  apiKey?: string;
  data?: string;
}

export interface Connection {
  url: string;
  apiKey: string;
}

/** The folder of the embedded system: --data, PALLET_DATA, or `.pallet` here. */
export const dataDirectoryOf = (flags: ConnectionFlags, env: NodeJS.ProcessEnv): string =>
  resolve(flags.data ?? env['PALLET_DATA'] ?? '.pallet');

/**
 * Flags before environment before the system that runs in the data folder. A key from the environment
 * belongs to an address that was given; a system of the data folder brings its own.
 * Errors: `cli.usage`, `cli.unauthenticated`.
 */
export async function findConnection(
  flags: ConnectionFlags,
  env: NodeJS.ProcessEnv,
): Promise<Connection | undefined> {
  const url = flags.url ?? env['PALLET_URL'];
  if (url !== undefined && url !== '') {
    const apiKey = flags.apiKey ?? env['PALLET_API_KEY'];
    if (!/^https?:\/\/./.test(url)) throw usageError(`"${url}" is no http(s) address.`);
    if (apiKey === undefined || apiKey === '') {
      throw new AppError('cli.unauthenticated', `${url} needs a key: --api-key or PALLET_API_KEY.`);
    }
    return { url, apiKey };
  }
  const directory = dataDirectoryOf(flags, env);
  // `npm run demo` keeps its data one folder below, so that it never touches those of `pallet up`.
  const system = (await findSystem(directory)) ?? (await findSystem(join(directory, 'demo')));
  return system && { url: system.url, apiKey: flags.apiKey ?? system.apiKey };
}

/** Errors: `cli.no_server` beside those of `findConnection`. */
export async function getConnection(
  flags: ConnectionFlags,
  env: NodeJS.ProcessEnv,
): Promise<Connection> {
  const connection = await findConnection(flags, env);
  if (connection !== undefined) return connection;
  throw new AppError(
    'cli.no_server',
    `No Pallet runs with the data folder ${dataDirectoryOf(flags, env)}. Start one with \`pallet up\`, or name one with --url and --api-key (PALLET_URL, PALLET_API_KEY).`,
  );
}
