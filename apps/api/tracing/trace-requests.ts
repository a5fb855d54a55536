import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { endSpan, failSpan, inside, startSpan, type Logger, type Span } from '#telemetry';

/** Ids of ours in a path; a name that a client has chosen never looks so. */
const RESOURCE_ID = /^[a-z]{2,8}_[0-9a-f]{32}$/;

/**
 * One span per request to the API, under the `traceparent` that it brings; whatever it leads to is below. Its name is
 * the route as it is written in the code, and nothing that a client has said is in it but ids.
 */
export function traceRequests(fastify: FastifyInstance, log: Logger): void {
  const spans = new WeakMap<FastifyRequest, Span>();
  fastify.addHook('onRequest', (request, _reply, done) => {
    if (!request.url.startsWith('/v1/')) return done();
    const span = startSpan(nameOf(request), {
      kind: 'server',
      parent: traceParentIn(request) ?? null,
      attributes: describe(request),
    });
    spans.set(request, span);
    inside(span, done);
  });
  // A body that was read has brought its own context along: handlers shall run in that of the request.
  fastify.addHook('preValidation', (request, _reply, done) => {
    const span = spans.get(request);
    if (span === undefined) done();
    else inside(span, done);
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    const span = spans.get(request);
    if (span !== undefined) inside(span, () => end(span, request, reply, log));
    done();
  });
}

function end(span: Span, request: FastifyRequest, reply: FastifyReply, log: Logger): void {
  const { statusCode: status } = reply;
  span.setAttribute('http.response.status_code', status);
  if (status >= 500) failSpan(span, String(status));
  const context = { request: request.id, method: request.method, route: routeOf(request), status };
  log.debug({ ...context, ms: Math.round(reply.elapsedTime) }, 'request answered');
  endSpan(span);
}

const routeOf = (request: FastifyRequest): string => request.routeOptions.url ?? 'unknown';
const nameOf = (request: FastifyRequest): string => `${request.method} ${routeOf(request)}`;

function traceParentIn({ headers }: FastifyRequest): string | undefined {
  const { traceparent } = headers;
  return typeof traceparent === 'string' ? traceparent : undefined;
}

function describe(request: FastifyRequest): Record<string, string> {
  const ids = Object.values((request.params ?? {}) as Record<string, string>);
  const id = ids.find((value) => RESOURCE_ID.test(value));
  return {
    'http.request.method': request.method,
    'http.route': routeOf(request),
    'pallet.request': request.id,
    ...(id === undefined ? {} : { 'pallet.resource': id }),
  };
}
