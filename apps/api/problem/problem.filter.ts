import { STATUS_CODES } from 'node:http';
import { Catch, Inject, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError, type Problem } from '#contracts';
import { API_PARTS, type ApiParts } from '../parts.js';
import { openAiError, speaksOpenAi } from './openai-error.js';
import { RequestInvalidError } from './request-invalid.js';
import { retryAfterOf, statusOf } from './status.js';
import { toAppError } from './to-app-error.js';

const UNEXPECTED = new AppError(
  'server.failed',
  'Something went wrong on our side; the log has it under this request id.',
);

/** Turns whatever a request threw into RFC 9457 problem details. Internals go to the log only. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(@Inject(API_PARTS) private readonly parts: ApiParts) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const error = toAppError(thrown) ?? UNEXPECTED;
    const problem = toProblem(error, request.id, request.url);
    this.#log(problem, thrown, request);
    // The client is gone, or the answer has begun: nothing to tell and nobody to tell it to.
    if (!reply.sent && !reply.raw.headersSent) sendProblem(reply, problem);
  }

  #log(problem: Problem, error: unknown, request: FastifyRequest): void {
    const { status, code } = problem;
    const context = {
      request: request.id,
      method: request.method,
      path: pathOf(request.url),
      status,
    };
    if (status >= 500) this.parts.log.error({ ...context, code, error }, 'request failed');
    else this.parts.log.debug({ ...context, code }, 'request refused');
  }
}

export function sendProblem(reply: FastifyReply, problem: Problem): void {
  if (problem.retry_after !== undefined) void reply.header('retry-after', problem.retry_after);
  if (problem.status === 401) void reply.header('www-authenticate', 'Bearer realm="pallet"');
  void reply
    .status(problem.status)
    .header('content-type', 'application/problem+json; charset=utf-8')
    .send(JSON.stringify(problem));
}

export function toProblem(error: AppError, requestId: string, url: string): Problem {
  const status = statusOf(error);
  // An AppError that no status was planned for may speak of internals, like any other error.
  const told = status === 500 ? UNEXPECTED : error;
  const problem: Problem = {
    type: `urn:pallet:problem:${told.code}`,
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail: told.message,
    code: told.code,
    instance: pathOf(url),
    request_id: requestId,
  };
  if (error instanceof RequestInvalidError) problem.errors = [...error.errors];
  const retryAfter = retryAfterOf(error, status);
  if (retryAfter !== undefined) problem.retry_after = retryAfter;
  if (speaksOpenAi(url)) problem.error = openAiError(problem);
  return problem;
}

/** Queries may carry what a client did not mean to send. */
const pathOf = (url: string): string => url.split('?', 1)[0]!;
