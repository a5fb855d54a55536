import type { FastifyInstance } from 'fastify';

const ROUTES = new Set(['POST /v1/batches/:id/cancel', 'DELETE /v1/files/:id']);

/** OpenAI's client for Python says JSON where it sends nothing, which Fastify takes for a broken body. */
export function allowEmptyJson(instance: FastifyInstance): void {
  instance.addHook('onRequest', async (request) => {
    const { headers, method, routeOptions } = request;
    if (!ROUTES.has(`${method} ${routeOptions.url}`)) return;
    const isEmpty = (headers['content-length'] ?? '0') === '0' && !headers['transfer-encoding'];
    if (isEmpty) delete headers['content-type'];
  });
}
