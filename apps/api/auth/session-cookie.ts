import { createHash, randomBytes } from 'node:crypto';
import type { FastifyRequest } from 'fastify';

const NAME = 'pallet_session';
/** 32 random bytes as base64url. */
const SHAPE = /^[A-Za-z0-9_-]{43}$/;

export const newSessionToken = (): string => randomBytes(32).toString('base64url');

export const hashSession = (token: string): Buffer => createHash('sha256').update(token).digest();

/** The token of the request's cookie, if it has one that we may have made. */
export function readSessionToken(header: string | undefined): string | undefined {
  const pairs = (header ?? '').split(';').map((pair) => pair.trim().split('='));
  const token = pairs.find(([name]) => name === NAME)?.[1];
  return token !== undefined && SHAPE.test(token) ? token : undefined;
}

/** Scripts cannot read it, other sites cannot send it, and over TLS it never leaves TLS. `seconds` 0 removes it. */
export function sessionCookie(request: FastifyRequest, token: string, seconds: number): string {
  const isSecure = request.protocol === 'https' || request.headers['x-forwarded-proto'] === 'https';
  const rest = ['Path=/', 'HttpOnly', 'SameSite=Strict', `Max-Age=${seconds}`];
  return [`${NAME}=${token}`, ...rest, ...(isSecure ? ['Secure'] : [])].join('; ');
}
