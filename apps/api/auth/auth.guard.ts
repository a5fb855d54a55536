import { createHash, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { AppError, isWellFormedApiKey, type Scope } from '#contracts';
import { findApiKey, findSession, type ApiKey, type Database } from '#database';
import { API_PARTS, type ApiParts } from '../parts.js';
import { IS_INTERNAL, requireInternalToken } from './internal.js';
import { setIdentity, type RequestIdentity } from './identity.js';
import { NEEDS_OPERATING } from './operates.js';
import { IS_PUBLIC, NEEDS_READING } from './public.js';
import { requireSameOrigin } from './same-origin.js';
import { hashSession, readSessionToken } from './session-cookie.js';
import { IS_SIGNED_URL } from './signed-url.js';
import { setTenant } from './tenant-id.js';

const READING = new Set(['GET', 'HEAD']);

/**
 * Every route but the public ones needs a key: `read` for reading, `write` for everything else, and `operate` besides
 * for what concerns all tenants.
 */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    @Inject(API_PARTS) private readonly parts: ApiParts,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const isMarked = (mark: symbol): boolean =>
      this.reflector.getAllAndOverride(mark, [context.getHandler(), context.getClass()]) === true;
    if (isMarked(IS_PUBLIC)) return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if (isMarked(IS_INTERNAL)) {
      requireInternalToken(request.headers.authorization, this.parts.config.internalToken);
      return true;
    }
    if (isMarked(IS_SIGNED_URL) && hasSignature(request)) return true;
    const identity = await identify(this.parts.database, request);
    const needed = READING.has(request.method) || isMarked(NEEDS_READING) ? 'read' : 'write';
    requireScope(identity.key.scopes, needed);
    if (isMarked(NEEDS_OPERATING)) requireScope(identity.key.scopes, 'operate');
    setTenant(request, identity.key.tenantId);
    setIdentity(request, identity);
    return true;
  }
}

const hasSignature = ({ query }: FastifyRequest): boolean =>
  typeof query === 'object' && query !== null && 'signature' in query;

/** By the key that the request carries, else by the cookie of a browser that has signed in with one. */
async function identify(database: Database, request: FastifyRequest): Promise<RequestIdentity> {
  const { authorization, cookie } = request.headers;
  const token = readSessionToken(cookie);
  if (authorization !== undefined || token === undefined) {
    return { key: await requireApiKey(database, readKey(authorization)), expiresAt: null };
  }
  requireSameOrigin(request);
  const session = await findSession(database, hashSession(token));
  if (session === undefined) throw new AppError('auth.invalid', 'This session has ended; sign in.');
  return session;
}

/** Errors: `auth.invalid`. */
export async function requireApiKey(database: Database, text: string): Promise<ApiKey> {
  // The checksum tells a typo from a key without asking the database.
  if (!isWellFormedApiKey(text)) throw invalidKey();
  const hash = hashApiKey(text);
  const key = await findApiKey(database, hash);
  if (key === undefined || !timingSafeEqual(key.hash, hash)) throw invalidKey();
  return key;
}

export const hashApiKey = (key: string): Buffer => createHash('sha256').update(key).digest();

function readKey(header: string | undefined): string {
  const [, key] = /^Bearer +(\S+) *$/i.exec(header ?? '') ?? [];
  if (key === undefined) {
    throw new AppError('auth.missing', 'Send your API key as `Authorization: Bearer plt_...`.');
  }
  return key;
}

export function requireScope(scopes: readonly Scope[], needed: Scope): void {
  if (scopes.includes(needed)) return;
  throw new AppError('auth.scope', `This API key may not ${needed}; use one with that scope.`);
}

const invalidKey = () =>
  new AppError('auth.invalid', 'This API key is not known, or no longer valid.');
