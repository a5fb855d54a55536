import type { FastifyInstance } from 'fastify';
import { AppError } from '#contracts';
import { RequestInvalidError } from './request-invalid.js';

/** What JSON and URLs can say and Postgres cannot hold: NUL, and one half of a surrogate pair. */
const isStorable = (text: string): boolean => !text.includes('\0') && text.isWellFormed();

/** No request of ours has a tenth of it, and looking into one that is as deep as it is long would end the stack. */
const MOST_DEPTH = 64;

/** Refuses texts and names of fields that cannot be stored, with where they are, on every route. */
export function requireStorable(instance: FastifyInstance): void {
  instance.addHook('preValidation', async ({ body, query }) => {
    const where = findUnstorable(query, '') ?? findUnstorable(body, '');
    if (where === undefined) return;
    throw new RequestInvalidError([
      {
        pointer: where.toWellFormed().replaceAll('\0', '\uFFFD'),
        detail: 'holds NUL or half a surrogate pair, which no text may',
        code: 'unstorable',
      },
    ]);
  });
}

/**
 * Output: a JSON pointer to the first text that cannot be stored. Streams and bytes are not looked into.
 * Errors: `request.malformed` when it is nested deeper than anything that we take.
 */
export function findUnstorable(value: unknown, pointer: string, depth = 0): string | undefined {
  if (depth > MOST_DEPTH) {
    throw new AppError('request.malformed', `The body is nested more than ${MOST_DEPTH} deep.`);
  }
  if (typeof value === 'string') return isStorable(value) ? undefined : pointer;
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return undefined;
  if (!Array.isArray(value) && !isPlain(value)) return undefined;
  for (const [name, inner] of Object.entries(value)) {
    const at = `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    if (!isStorable(name)) return at;
    const found = findUnstorable(inner, at, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
};
