import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '#contracts';

export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Reads a JSON object of a checkpoint folder; `undefined` when there is no such file.
 * Errors: `checkpoint.unreadable` when it is no JSON object.
 */
export async function findJson(directory: string, file: string): Promise<JsonObject | undefined> {
  const path = join(directory, file);
  let content: string;
  try {
    content = await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw unreadable(path, cause);
  }
  const parsed = parse(path, content);
  if (!isObject(parsed)) throw unreadable(path);
  return parsed;
}

/** As `findJson`. Errors: `checkpoint.incomplete` when there is no such file. */
export async function getJson(directory: string, file: string): Promise<JsonObject> {
  const found = await findJson(directory, file);
  if (found) return found;
  throw new AppError(
    'checkpoint.incomplete',
    `The checkpoint has no ${file}. Download every file of it into ${directory}.`,
    { context: { directory, file } },
  );
}

function parse(path: string, content: string): unknown {
  try {
    return JSON.parse(content);
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function unreadable(path: string, cause?: unknown): AppError {
  return new AppError(
    'checkpoint.unreadable',
    `${path} cannot be read as a JSON object. Download the checkpoint again.`,
    { cause, context: { path } },
  );
}
