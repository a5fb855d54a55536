import { dirname, resolve } from 'node:path';

/** The fields of one line of a training file. */
export interface LineFields {
  /** Absolute path. */
  readonly image: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** Of a file at `path`, which images are relative to. Throws `Error` with what is wrong, for people. */
export function readLine(path: string, line: string): LineFields {
  const value = parsed(line);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error('it is no JSON object');
  }
  const values = value as Record<string, unknown>;
  const image = textOf(values, 'image');
  if (image === '') throw new Error('its "image" is empty');
  return { image: resolve(dirname(path), image), values };
}

/** Throws `Error` with what is wrong, for people. */
export function textOf(values: Readonly<Record<string, unknown>>, field: string): string {
  const found = values[field];
  if (typeof found === 'string') return found;
  throw new Error(found === undefined ? `it has no "${field}"` : `its "${field}" is no text`);
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new Error(`it is no JSON: ${(error as Error).message}`, { cause: error });
  }
}
