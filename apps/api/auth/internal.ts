import { createHash, timingSafeEqual } from 'node:crypto';
import { SetMetadata } from '@nestjs/common';
import { AppError } from '#contracts';

export const IS_INTERNAL = Symbol('IsInternal');

/**
 * Routes for the operator's own machinery (scalers, scrapers). They show figures of all tenants together, so no
 * tenant's key opens them: they have a token of their own, and do not exist where none is set.
 */
export const Internal = () => SetMetadata(IS_INTERNAL, true);

/** Errors: `route.not_found` where no token is set, `auth.missing`, `auth.invalid`. */
export function requireInternalToken(
  authorization: string | undefined,
  token: string | undefined,
): void {
  if (token === undefined) {
    throw new AppError(
      'route.not_found',
      'Internal routes are off; set INTERNAL_TOKEN of the api.',
    );
  }
  const [, given] = /^Bearer +(\S+) *$/i.exec(authorization ?? '') ?? [];
  if (given === undefined) {
    throw new AppError('auth.missing', 'Send INTERNAL_TOKEN as `Authorization: Bearer TOKEN`.');
  }
  // Of equal length whatever was sent, so that the comparison tells nothing.
  if (!timingSafeEqual(sha256(given), sha256(token))) {
    throw new AppError('auth.invalid', 'This is not the internal token.');
  }
}

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();
