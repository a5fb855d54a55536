import { BadRequestException, NotFoundException } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AppError, createJobSchema, notFound, problemSchema } from '#contracts';
import { toProblem } from './problem.filter.js';
import { RequestInvalidError } from './request-invalid.js';
import { toAppError, toUploadError } from './to-app-error.js';

const problemOf = (error: AppError) => toProblem(error, 'req_1', '/v1/jobs?limit=1');

describe('problems', () => {
  it('keep the documented shape, without the query', () => {
    const problem = problemOf(notFound('job', 'job_x'));
    expect(problemSchema.parse(problem)).toEqual({
      type: 'urn:pallet:problem:job.not_found',
      title: 'Not Found',
      status: 404,
      detail: 'No job job_x is known to this API key.',
      code: 'job.not_found',
      instance: '/v1/jobs',
      request_id: 'req_1',
    });
  });

  it('point at every field that is wrong', () => {
    const { error } = createJobSchema.safeParse({
      image_set: 'x',
      tasks: [{ type: 'detect', labels: [] }],
    });
    const problem = problemOf(RequestInvalidError.from(error!.issues));
    expect(problem.status).toBe(400);
    expect(problem.errors?.map((field) => field.pointer)).toEqual([
      '/image_set',
      '/tasks/0/labels',
    ]);
  });

  it('escape field names in pointers', () => {
    const schema = z.object({ 'a/b~c': z.string() });
    const { error } = schema.safeParse({});
    expect(RequestInvalidError.from(error!.issues).errors[0]?.pointer).toBe('/a~1b~0c');
  });

  it('tell when to come back, where that helps', () => {
    const down = new AppError('database.unavailable', 'down', { retryable: true });
    expect(problemOf(down)).toMatchObject({ status: 503, retry_after: 5 });
    const busy = new AppError('idempotency.in_progress', 'busy', { retryable: true });
    expect(problemOf(busy)).toMatchObject({ status: 409, retry_after: 1 });
    const removed = new AppError('upload.content_removed', 'gone', { retryable: true });
    expect(problemOf(removed)).toMatchObject({ status: 409, retry_after: 1 });
    expect(problemOf(new AppError('set.sealed', 'sealed')).retry_after).toBeUndefined();
  });

  it('say nothing of errors that were not planned', () => {
    const leak = problemOf(new AppError('inner.secret', 'password is hunter2'));
    expect(leak).toMatchObject({ status: 500, code: 'server.failed' });
    expect(JSON.stringify(leak)).not.toContain('hunter2');
  });
});

describe('foreign errors', () => {
  it('become ours', () => {
    const tooLarge = Object.assign(new Error('x'), { code: 'FST_ERR_CTP_BODY_TOO_LARGE' });
    expect(toAppError(tooLarge)?.code).toBe('request.too_large');
    expect(toAppError(new NotFoundException())?.code).toBe('route.not_found');
    expect(toAppError(new BadRequestException())?.code).toBe('request.malformed');
  });

  it('stay unknown when nobody knows them', () => {
    expect(toAppError(new Error('boom'))).toBeUndefined();
    expect(toAppError('boom')).toBeUndefined();
    const boom = new Error('boom');
    expect(toUploadError(boom)).toBe(boom);
  });
});
