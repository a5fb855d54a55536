import { createHash, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { AppError, isWellFormedApiKey } from '#contracts';
import { findApiKey, type Scope } from '#database';
import { API_PARTS, type ApiParts } from '../parts.js';
import { IS_INTERNAL, requireInternalToken } from './internal.js';
import { IS_PUBLIC } from './public.js';
import { IS_SIGNED_URL } from './signed-url.js';
import { setTenant } from './tenant-id.js';

const READING = new Set(['GET', 'HEAD']);

/** Every route but the public ones needs a key: `read` for reading, `write` for everything else. */
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
    const hash = hashApiKey(readKey(request.headers.authorization));
    const key = await findApiKey(this.parts.database, hash);
    if (key === undefined || !timingSafeEqual(key.hash, hash)) throw invalidKey();
    requireScope(key.scopes, READING.has(request.method) ? 'read' : 'write');
    setTenant(request, key.tenantId);
    return true;
  }
}

const hasSignature = ({ query }: FastifyRequest): boolean =>
  typeof query === 'object' && query !== null && 'signature' in query;

export const hashApiKey = (key: string): Buffer => createHash('sha256').update(key).digest();

function readKey(header: string | undefined): string {
  const [, key] = /^Bearer +(\S+) *$/i.exec(header ?? '') ?? [];
  if (key === undefined) {
    throw new AppError('auth.missing', 'Send your API key as `Authorization: Bearer plt_...`.');
  }
  // The checksum tells a typo from a key without asking the database.
  if (!isWellFormedApiKey(key)) throw invalidKey();
  return key;
}

function requireScope(scopes: readonly Scope[], needed: Scope): void {
  if (scopes.includes(needed)) return;
  throw new AppError('auth.scope', `This API key may not ${needed}; use one with that scope.`);
}

const invalidKey = () =>
  new AppError('auth.invalid', 'This API key is not known, or no longer valid.');
