import type { FastifyInstance } from 'fastify';
import { Counter, DURATION_BUCKETS_S, Gauge, Histogram, type Registry } from '#telemetry';

/** Requests by route, as it is written in the code: ids in a path would make labels without end. */
export class HttpMetrics {
  readonly #requests: Counter;
  readonly #seconds: Histogram;
  readonly #open: Gauge;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#requests = new Counter({
      name: 'pallet_http_requests_total',
      help: 'Requests that were answered.',
      labelNames: ['method', 'route', 'status'],
      registers,
    });
    this.#seconds = new Histogram({
      name: 'pallet_http_request_seconds',
      help: 'From the request to the end of its answer, uploads and downloads included.',
      labelNames: ['method', 'route'],
      buckets: DURATION_BUCKETS_S,
      registers,
    });
    this.#open = new Gauge({
      name: 'pallet_http_open_requests',
      help: 'Requests that are being answered.',
      registers,
    });
  }

  watch(fastify: FastifyInstance): void {
    fastify.addHook('onRequest', async () => this.#open.inc());
    fastify.addHook('onResponse', async (request, reply) => {
      this.#open.dec();
      const { method } = request;
      const route = request.routeOptions.url ?? 'unknown';
      this.#requests.inc({ method, route, status: String(reply.statusCode) });
      this.#seconds.observe({ method, route }, reply.elapsedTime / 1000);
    });
  }
}
