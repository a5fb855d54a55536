import {
  AppError,
  manifestLineSchema,
  type LineError,
  type ManifestLine,
  type Task,
} from '#contracts';
import type { ImportRow } from '#database';
import type { OutgoingGuard } from '#outgoing';
import { cleanFileName } from '../file-name.js';

export type ReadLine = { readonly row: ImportRow } | { readonly error: LineError };

const S3_URL = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\/(.{1,1024})$/;

/** What a line may name. */
export interface LineRules {
  /** Looks at URLs; nothing is connected to. */
  readonly guard: OutgoingGuard;
  /** The bucket of the import, whose objects they may name. */
  readonly bucket?: string;
}

/** Input: a line as JSON or CSV gave it. Output: the image it names, or what is wrong with it. */
export function readLine(line: number, value: unknown, rules: LineRules): ReadLine {
  try {
    return { row: rowOf(line, parse(value), rules) };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { error: lineError(line, error.code, error.message) };
  }
}

export const lineError = (line: number, code: string, detail: string): LineError => ({
  line,
  code,
  detail: `Line ${line}: ${detail}`,
});

const invalid = (detail: string): AppError => new AppError('manifest.invalid_line', detail);

function parse(value: unknown): ManifestLine {
  if (typeof value === 'object' && value !== null && 'body' in value && 'method' in value) {
    const detail = 'This is a line of a batch; send such files to /v1/batches.';
    throw new AppError('manifest.batch_line', detail);
  }
  const parsed = manifestLineSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue?.path.join('.') ?? '';
  throw invalid(`${where === '' ? '' : `\`${where}\`: `}${issue?.message ?? 'it is not valid'}`);
}

function rowOf(line: number, given: ManifestLine, rules: LineRules): ImportRow {
  const place = placeOf(given, rules);
  const tasks = tasksOf(given);
  return {
    line,
    ...place.row,
    name: cleanFileName(given.name ?? place.name),
    ...(given.custom_id === undefined ? {} : { customId: storable(given.custom_id) }),
    ...(given.metadata === undefined ? {} : { metadata: given.metadata }),
    ...(tasks === undefined ? {} : { tasks }),
  };
}

interface Place {
  readonly row: Pick<ImportRow, 'url' | 'key' | 'sha256'>;
  readonly name: string;
}

function placeOf(given: ManifestLine, rules: LineRules): Place {
  const { url, key, sha256, 'source-ref': sourceRef } = given;
  const named = [url, key, sha256, sourceRef].filter((place) => place !== undefined);
  if (named.length !== 1) {
    throw invalid('It must have exactly one of `url`, `source-ref`, `key` and `sha256`.');
  }
  if (sha256 !== undefined) return { row: { sha256: sha256.toLowerCase() }, name: sha256 };
  if (key !== undefined) return inBucket(key, rules.bucket);
  const address = url ?? sourceRef ?? '';
  const [, bucket, objectKey] = S3_URL.exec(address) ?? [];
  if (bucket !== undefined && objectKey !== undefined) {
    if (bucket === (rules.bucket ?? bucket)) return inBucket(objectKey, rules.bucket);
    const detail = `It names an object of ${bucket}; this import reads from ${rules.bucket} alone.`;
    throw new AppError('manifest.other_bucket', detail);
  }
  const { href, pathname } = rules.guard.checkUrl(address);
  return { row: { url: href }, name: decoded(pathname.replace(/^\/+/, '')) };
}

function inBucket(key: string, bucket: string | undefined): Place {
  if (bucket !== undefined) return { row: { key }, name: key };
  throw new AppError(
    'manifest.no_connection',
    'It names an object of a bucket, and this import has no access to one: put the manifest into the bucket, and import it from there.',
  );
}

function tasksOf({ task, tasks, prompt }: ManifestLine): readonly Task[] | undefined {
  const given = [task, tasks, prompt].filter((one) => one !== undefined);
  if (given.length > 1) throw invalid('It may have only one of `task`, `tasks` and `prompt`.');
  if (task !== undefined) return [task];
  if (prompt !== undefined) return [{ type: 'prompt', prompt }];
  return tasks;
}

/** Postgres takes no NUL. */
function storable(text: string): string {
  if (!text.includes('\0')) return text.toWellFormed();
  throw invalid('`custom_id` holds a NUL.');
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
