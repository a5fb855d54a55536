import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '#contracts';
import { sendProblem, toProblem } from '../problem/problem.filter.js';
import type { BuiltDashboard, BuiltFile } from './built-dashboard.js';

/** Paths that the page's own router shows; each answers with the same document. */
const PAGES = ['/', '/new', '/jobs', '/jobs/*', '/operate', '/operate/*'];

/** What may run, load and connect: our own files and this address. Nothing inline, nothing from elsewhere. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

const YEAR_SECONDS = 365 * 24 * 60 * 60;

/** The dashboard under `/`. Its files need no key: what it shows, it asks of the API as who has signed in. */
export function serveDashboard(instance: FastifyInstance, dashboard: BuiltDashboard): void {
  for (const path of PAGES) {
    instance.get(path, (request, reply) => sendPage(request, reply, dashboard.index));
  }
  instance.get<{ Params: { name: string } }>('/assets/:name', (request, reply) => {
    const file = dashboard.assets.get(request.params.name);
    if (file === undefined) {
      const error = new AppError('route.not_found', 'The dashboard has no such file; reload it.');
      return sendProblem(reply, toProblem(error, request.id, request.url));
    }
    void reply.header('cache-control', `public, max-age=${YEAR_SECONDS}, immutable`);
    return sendFile(request, reply, file);
  });
}

function sendPage(request: FastifyRequest, reply: FastifyReply, index: BuiltFile): void {
  void reply
    .header('cache-control', 'no-cache')
    .header('content-security-policy', POLICY)
    .header('cross-origin-opener-policy', 'same-origin')
    .header('referrer-policy', 'no-referrer')
    .header('x-frame-options', 'DENY');
  sendFile(request, reply, index);
}

function sendFile({ headers }: FastifyRequest, reply: FastifyReply, file: BuiltFile): void {
  void reply.header('etag', file.etag).header('vary', 'accept-encoding');
  if (headers['if-none-match'] === file.etag) {
    void reply.status(304).send();
    return;
  }
  void reply.type(file.mediaType);
  if (/\bgzip\b/.test(String(headers['accept-encoding'] ?? ''))) {
    void reply.header('content-encoding', 'gzip').send(file.gzipped);
    return;
  }
  void reply.send(file.bytes);
}
