import multipart from '@fastify/multipart';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { OpenAPIObject } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError, newUuid, publicId } from '#contracts';
import { nestLogger } from '#telemetry';
import { ApiModule } from './api.module.js';
import { allowEmptyJson } from './batches/allow-empty-json.js';
import { allowPictures } from './completions/allow-pictures.js';
import { closeIdleWhileClosing } from './close-idle.js';
import { addEtags } from './etag/etag.js';
import { streamManifests } from './imports/manifest-body.js';
import { readBuiltDashboard } from './dashboard/built-dashboard.js';
import { serveDashboard } from './dashboard/serve-dashboard.js';
import { describeApi } from './openapi/document.js';
import { OPENAPI_DOCUMENT } from './openapi/openapi.controller.js';
import { requirePace } from './pace/body-pace.js';
import type { ApiParts } from './parts.js';
import { PART_CONTENT_TYPE } from './resumable-uploads/part-urls.js';
import { sendProblem, toProblem } from './problem/problem.filter.js';
import { refuseUnreadable } from './problem/refuse-unreadable.js';
import { requireStorable } from './problem/storable.js';
import { toAppError } from './problem/to-app-error.js';
import { collectRoutes } from './route-table/route-table.js';
import { traceRequests } from './tracing/trace-requests.js';

const BODY_BYTES = 1_048_576;
/** A socket that says nothing for so long is closed; longer than the longest wait for a prediction. */
const IDLE_MS = 180_000;
/** Within which a request's headers are there, milliseconds. */
const HEADERS_MS = 20_000;
/** What a client may choose as the id of its request: it goes into logs. */
const REQUEST_ID = /^[A-Za-z0-9._:/+=-]{1,128}$/;

/** The HTTP API, ready to listen or to be asked with `inject()`. The caller closes the parts after it. */
export async function createApi(parts: ApiParts): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_BYTES,
    connectionTimeout: IDLE_MS,
    http: { headersTimeout: HEADERS_MS },
    // Ids of resources are short; a long path is no request of ours.
    routerOptions: { maxParamLength: 200 },
    genReqId: (request: { headers: Record<string, string | string[] | undefined> }) =>
      chooseRequestId(request.headers['x-request-id']),
    // A path that the router cannot read: no hook and no filter sees that request.
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      setHeaders(request, reply);
      sendProblem(reply, toProblem(toAppError(error) ?? malformed(error), request.id, request.url));
    },
    clientErrorHandler: refuseUnreadable,
    multipart: false,
    // Who comes while it closes is served; Fastify's own 503 would not say when to come back.
    return503OnClosing: false,
  });
  adapter.getInstance().addHook('onRequest', async (request, reply) => setHeaders(request, reply));
  if (parts.config.tracing) traceRequests(adapter.getInstance(), parts.log);
  requirePace(adapter.getInstance(), parts.config.pace);
  addEtags(adapter.getInstance());
  requireStorable(adapter.getInstance());
  allowEmptyJson(adapter.getInstance());
  allowPictures(adapter.getInstance());
  collectRoutes(adapter.getInstance());
  parts.metrics?.watch(adapter.getInstance());
  closeIdleWhileClosing(adapter.getInstance());
  parts.departure?.tellClients(adapter.getInstance());
  const dashboard = parts.dashboard && readBuiltDashboard(parts.dashboard);
  if (dashboard) serveDashboard(adapter.getInstance(), dashboard);
  const app = await NestFactory.create<NestFastifyApplication>(ApiModule.with(parts), adapter, {
    logger: nestLogger(parts.log),
    abortOnError: false,
  });
  await app.register(multipart);
  // Parts of uploads, as they come; no other route takes this type.
  adapter
    .getInstance()
    .addContentTypeParser(PART_CONTENT_TYPE, (_, payload, done) => done(null, payload));
  streamManifests(app.getHttpAdapter().getInstance());
  const holder = app.get<{ document?: OpenAPIObject }>(OPENAPI_DOCUMENT);
  holder.document = describeApi(app);
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  return app;
}

const malformed = (cause: Error): AppError =>
  new AppError('request.malformed', 'The request is not valid.', { cause });

function setHeaders(request: FastifyRequest, reply: FastifyReply): void {
  void reply.header('x-request-id', request.id);
  void reply.header('x-content-type-options', 'nosniff');
  void reply.header('cache-control', 'no-store');
}

function chooseRequestId(header: string | string[] | undefined): string {
  return typeof header === 'string' && REQUEST_ID.test(header)
    ? header
    : publicId('request', newUuid());
}
