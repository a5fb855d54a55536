import { STATUS_CODES } from 'node:http';
import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiHeader, ApiResponse } from '@nestjs/swagger';
import type { z } from 'zod';
import { problemResponse } from './problem-response.js';

/** The answer of a route, and the problems that are its own; those of every route are added later. */
export function Answers(
  status: number,
  schema: z.ZodType,
  problems: readonly number[],
  description = STATUS_CODES[status] ?? '',
): MethodDecorator {
  return applyDecorators(
    ApiResponse({ status, standardSchema: schema, description }),
    Problems(problems),
  );
}

/** The problems that are a route's own. */
const Problems = (problems: readonly number[]): MethodDecorator =>
  applyDecorators(
    ...problems.map((problem) => ApiResponse({ status: problem, ...problemResponse(problem) })),
  );

/** A route that answers with its status alone. */
export const AnswersNothing = (problems: readonly number[]): MethodDecorator =>
  applyDecorators(
    ApiResponse({ status: 204, description: STATUS_CODES[204] ?? '' }),
    Problems(problems),
  );

/** The answer of a route that sends a file, of one of these types. */
export function AnswersBytes(
  types: readonly string[],
  problems: readonly number[],
): MethodDecorator {
  const content = Object.fromEntries(
    types.map((type) => [type, { schema: { type: 'string', format: 'binary' } as const }]),
  );
  return applyDecorators(
    ApiResponse({ status: 200, description: 'OK', content }),
    Problems(problems),
  );
}

/** What pollers send and get: every read answers so, the description says it where it matters. */
export const Unchanged = (): MethodDecorator =>
  applyDecorators(
    ApiHeader({
      name: 'If-None-Match',
      required: false,
      description: 'The ETag of the last answer',
      schema: { type: 'string' },
    }),
    ApiResponse({ status: 304, description: 'Nothing has changed since the answer of that ETag' }),
  );

/** The answer of a route that sends server-sent events. */
export function AnswersEvents(problems: readonly number[]): MethodDecorator {
  const content = { 'text/event-stream': { schema: { type: 'string' } as const } };
  return applyDecorators(
    ApiResponse({ status: 200, description: 'Events until either side closes', content }),
    Problems(problems),
  );
}

export const IdempotencyHeader = (): MethodDecorator =>
  ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description:
      'The same key with the same request gives the first answer again, for 24 hours; with another request it is refused.',
    schema: { type: 'string', minLength: 1, maxLength: 255 },
  });

export const FilesBody = (): MethodDecorator =>
  applyDecorators(
    ApiConsumes('multipart/form-data'),
    ApiBody({
      schema: {
        type: 'object',
        properties: { files: { type: 'array', items: { type: 'string', format: 'binary' } } },
      },
    }),
  );
