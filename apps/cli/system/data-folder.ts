import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { AppError, createApiKey, isWellFormedApiKey } from '#contracts';

const credentialsSchema = z.object({ apiKey: z.string().refine(isWellFormedApiKey) });

/** Everything an embedded system keeps; deleting the folder deletes the system. */
export interface DataFolder {
  path: string;
  postgres: string;
  logs: string;
  /** What the object store is told. */
  storageUrl: string;
}

/** Makes the folder and what is in it, as far as it is not there. */
export async function openDataFolder(path: string): Promise<DataFolder> {
  const root = resolve(path);
  await mkdir(root, { recursive: true });
  // Under root PostgreSQL may have to run as another user, who must be able to walk through here. Every
  // file with a secret in it is readable by its owner alone.
  await chmod(root, process.getuid?.() === 0 ? 0o711 : 0o700);
  const objects = join(root, 'objects');
  const logs = join(root, 'logs');
  await Promise.all(
    [objects, logs].map((folder) => mkdir(folder, { recursive: true, mode: 0o700 })),
  );
  return {
    path: root,
    postgres: join(root, 'postgres'),
    logs,
    storageUrl: pathToFileURL(objects).href,
  };
}

/**
 * What seals the credentials that customers leave with this folder's system, made on its first start. Whoever
 * has the database alone cannot open them. Errors: those of the file system.
 */
export async function ensureSecretsKey(folder: DataFolder): Promise<string> {
  const file = join(folder.path, 'secrets.key');
  const key = await readIfThere(file);
  if (key !== undefined) return key.trim();
  const made = randomBytes(32).toString('base64');
  await writeFile(file, `${made}\n`, { mode: 0o600, flag: 'wx' });
  return made;
}

/** The API key of this folder's system, made on its first start. Errors: `cli.credentials_damaged`. */
export async function ensureApiKey(folder: DataFolder): Promise<string> {
  const file = join(folder.path, 'credentials.json');
  const text = await readIfThere(file);
  if (text !== undefined) return readKey(file, text);
  const apiKey = createApiKey();
  await writeFile(file, `${JSON.stringify({ apiKey }, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  return apiKey;
}

async function readIfThere(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  });
}

function readKey(file: string, text: string): string {
  try {
    return credentialsSchema.parse(JSON.parse(text)).apiKey;
  } catch (cause) {
    throw new AppError(
      'cli.credentials_damaged',
      `${file} holds no API key. Remove it: the next start makes a new key.`,
      { cause },
    );
  }
}
