import { createHash } from 'node:crypto';
import { AppError } from '#contracts';
import { runIdempotent, type Database, type KeptAnswer, type Queryable } from '#database';

const KEY = /^[\x21-\x7e]{1,255}$/;

export interface IdempotencyScope {
  readonly tenantId: string;
  /** The header as it came, if it came. */
  readonly key: string | undefined;
  /** Method and path. */
  readonly route: string;
  /** The request as validated, with its defaults. */
  readonly body: unknown;
}

/** Runs the effect in one transaction: once per key when there is one. Errors: those of `runIdempotent`. */
export async function once<T>(
  database: Database,
  scope: IdempotencyScope,
  status: number,
  effect: (tx: Queryable) => Promise<T>,
): Promise<KeptAnswer<T>> {
  if (scope.key === undefined) {
    return { status, response: await database.transaction(effect), replayed: false };
  }
  const requestHash = createHash('sha256')
    .update(scope.route)
    .update('\n')
    .update(JSON.stringify(scope.body))
    .digest();
  const request = { tenantId: scope.tenantId, key: parseKey(scope.key), requestHash };
  return runIdempotent(database, request, async (tx) => ({ status, response: await effect(tx) }));
}

/** The draft makes it a quoted string, most clients send it bare: both name the same key. */
export function parseKey(header: string): string {
  const key = /^"(.*)"$/.exec(header)?.[1] ?? header;
  if (KEY.test(key)) return key;
  throw new AppError(
    'idempotency.invalid_key',
    'An Idempotency-Key has 1 to 255 visible ASCII characters.',
  );
}
