import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { AppError } from './app-error.js';

/** Prefix of each kind of public id: `job_` + the 32 hex digits of a UUIDv7, so ids sort by age. */
export const ID_PREFIXES = {
  tenant: 'ten',
  key: 'key',
  set: 'set',
  image: 'img',
  job: 'job',
  batch: 'batch',
  upload: 'upl',
  file: 'file',
  import: 'imp',
  export: 'exp',
  model_import: 'mdi',
  tuning: 'ft',
  webhook: 'whe',
  event: 'evt',
  delivery: 'whd',
  worker: 'wrk',
  request: 'req',
} as const;
export type IdKind = keyof typeof ID_PREFIXES;

export const newUuid = (): string => uuidv7();

/** `019a…-…` (as Postgres keeps it) to `job_019a…` (as clients see it). */
export function publicId(kind: IdKind, uuid: string): string {
  return `${ID_PREFIXES[kind]}_${uuid.replaceAll('-', '')}`;
}

const HEX_32 = /^[0-9a-f]{32}$/;

/** The reverse of `publicId`; undefined when the text is no id of that kind. */
export function parsePublicId(kind: IdKind, id: string): string | undefined {
  const prefix = `${ID_PREFIXES[kind]}_`;
  const hex = id.slice(prefix.length);
  if (!id.startsWith(prefix) || !HEX_32.test(hex)) return undefined;
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-');
}

/** An item is known by its job and its number there: `item_<job hex>_<n>`. */
export function publicItemId(jobUuid: string, n: number): string {
  return `item_${jobUuid.replaceAll('-', '')}_${n}`;
}

export const idSchema = (kind: IdKind) =>
  z
    .string()
    .regex(new RegExp(`^${ID_PREFIXES[kind]}_[0-9a-f]{32}$`))
    .meta({ examples: [`${ID_PREFIXES[kind]}_01931f6e5c3a7b1e8f2a4d5c6b7a8901`] });

/** Throws `<kind>.not_found`: an id that cannot exist is answered as one that does not. */
export function requireUuid(kind: IdKind, id: string): string {
  const uuid = parsePublicId(kind, id);
  if (uuid === undefined) throw notFound(kind, id);
  return uuid;
}

export function notFound(kind: IdKind, id: string): AppError {
  return new AppError(
    `${kind}.not_found`,
    `No ${kind.replace('_', ' ')} ${id} is known to this API key.`,
    {
      context: { id },
    },
  );
}
