import type { FastifyInstance } from 'fastify';

const ROUTES = new Set(['/v1/chat/completions', '/v1/responses']);
/** A picture of 12 MB as a data: URL; the body is in memory while it is read. */
const BODY_BYTES = 16 * 2 ** 20;

/** Bodies of these routes hold their picture, so that they may be larger than other JSON. */
export function allowPictures(instance: FastifyInstance): void {
  instance.addHook('onRoute', (route) => {
    if (ROUTES.has(route.url)) route.bodyLimit = BODY_BYTES;
  });
}
