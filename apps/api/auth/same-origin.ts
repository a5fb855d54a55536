import type { FastifyRequest } from 'fastify';
import { AppError } from '#contracts';

const READING = new Set(['GET', 'HEAD']);

/**
 * A cookie travels with whatever a page of the same site makes the browser send, and a site is a host with
 * all its ports. So what a cookie opens must say that it comes from our own pages, or for reading, from the
 * address bar. A browser writes these two headers itself; no page can.
 * Errors: `auth.cross_site`.
 */
export function requireSameOrigin({ method, headers }: FastifyRequest): void {
  const site = headers['sec-fetch-site'];
  const isReading = READING.has(method);
  if (site === 'same-origin' || (isReading && site === 'none')) return;
  // Browsers leave `Sec-Fetch-Site` out for addresses without TLS that are not this machine.
  if (site === undefined && (headers.origin === undefined ? isReading : isOwn(headers))) return;
  throw new AppError(
    'auth.cross_site',
    'The session of a browser is for pages of this address only; send an API key instead.',
  );
}

function isOwn({ origin, host }: FastifyRequest['headers']): boolean {
  return URL.canParse(origin ?? '') && new URL(origin!).host === host;
}
