import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** The entity tag of an answer: of its bytes, so it changes when anything in it does. */
export const etagOf = (body: string): string =>
  `"${createHash('sha1').update(body).digest('base64url')}"`;

/**
 * Input: an If-None-Match header. Output: whether it names the tag. By weak comparison (RFC 9110, 8.8.3.2):
 * a proxy that packs answers makes tags weak.
 */
export function namesEtag(header: string, etag: string): boolean {
  if (header.trim() === '*') return true;
  const tags: readonly string[] = header.match(/"[^"]*"/g) ?? [];
  return tags.includes(etag);
}

/** Gives every answer to a read its tag, and an empty 304 to whoever has it already. */
export function addEtags(instance: FastifyInstance): void {
  instance.addHook('onSend', async (request, reply, payload) => {
    if (typeof payload !== 'string' || !isTagged(request, reply)) return payload;
    const etag = etagOf(payload);
    // To be kept by the client alone, and asked about each time.
    void reply.header('etag', etag).header('cache-control', 'private, no-cache');
    const known = request.headers['if-none-match'];
    if (known === undefined || !namesEtag(known, etag)) return payload;
    void reply.code(304).removeHeader('content-type').removeHeader('content-length');
    return '';
  });
}

function isTagged({ method, url }: FastifyRequest, reply: FastifyReply): boolean {
  const isRead = method === 'GET' || method === 'HEAD';
  return (
    isRead &&
    reply.statusCode === 200 &&
    url.startsWith('/v1/') &&
    String(reply.getHeader('content-type')).startsWith('application/json')
  );
}
