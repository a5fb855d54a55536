import { AppError } from '#contracts';

/** What lists are ordered by, as text: an id, or a number. */
const PLAIN = /^[A-Za-z0-9._/@-]{1,140}$/;

/** Opaque, so that clients do not come to depend on what it holds. */
export function encodeCursor(position: string): string {
  return Buffer.from(position).toString('base64url');
}

/** Input: a cursor, and what its position must look like. Errors: `cursor.invalid`. */
export function decodeCursor(cursor: string | undefined, shape: RegExp): string | undefined {
  if (cursor === undefined) return undefined;
  const position = Buffer.from(cursor, 'base64url').toString();
  if (PLAIN.test(position) && shape.test(position) && encodeCursor(position) === cursor) {
    return position;
  }
  throw new AppError('cursor.invalid', 'This cursor is none of ours; begin again without one.');
}

export const UUID_CURSOR = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Numbers of items, and ids that only ever grow. */
export const NUMBER_CURSOR = /^\d{1,9}$/;
export const LONG_CURSOR = /^\d{1,18}$/;

export interface Page<T> {
  object: 'list';
  data: T[];
  next_cursor: string | null;
  has_more: boolean;
}

/** Input: up to `limit + 1` rows; the row too many only tells that there are more. */
export function toPage<R, T>(
  rows: readonly R[],
  limit: number,
  positionOf: (row: R) => string,
  view: (row: R) => T,
): Page<T> {
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return {
    object: 'list',
    data: shown.map(view),
    next_cursor: last === undefined ? null : encodeCursor(positionOf(last)),
    has_more: last !== undefined,
  };
}
