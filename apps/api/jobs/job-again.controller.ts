import { Body, Controller, Headers, HttpCode, Param, Post, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import {
  extendJobSchema,
  jobSchema,
  restartJobSchema,
  retriedJobsSchema,
  retryJobSchema,
  retryJobsSchema,
  type ExtendJob,
  type Job,
  type RestartJob,
  type RetriedJobs,
  type RetryJob,
  type RetryJobs,
} from '#contracts';
import type { KeptAnswer } from '#database';
import { TenantId } from '../auth/tenant-id.js';
import { Answers, IdempotencyHeader } from '../openapi/decorators.js';
import { JobAgainService } from './job-again.service.js';
import { JobService } from './job.service.js';
import { RetryJobsService } from './retry-jobs.service.js';

@ApiTags('Jobs')
@Controller('v1/jobs')
export class JobAgainController {
  constructor(
    private readonly jobs: JobAgainService,
    private readonly orders: JobService,
    private readonly many: RetryJobsService,
  ) {}

  @Post(':id/retry')
  @HttpCode(202)
  @ApiOperation({
    operationId: 'retryJob',
    summary: 'Do the failed items of an ended job again; the others keep their answers',
  })
  @IdempotencyHeader()
  @Answers(202, jobSchema, [400, 404, 409])
  async retry(
    @TenantId() tenantId: string,
    @Param('id') id: string,
    @Body({ schema: retryJobSchema }) body: RetryJob,
    @Headers('idempotency-key') key: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Job> {
    return told(reply, await this.jobs.retry(tenantId, id, body, key));
  }

  @Post('retry')
  @HttpCode(202)
  @ApiOperation({
    operationId: 'retryJobs',
    summary: 'The same for all ended jobs that a filter names, up to a limit and some seconds',
  })
  @Answers(202, retriedJobsSchema, [400, 429])
  retryMany(
    @TenantId() tenantId: string,
    @Body({ schema: retryJobsSchema }) body: RetryJobs,
  ): Promise<RetriedJobs> {
    return this.many.retry(tenantId, body);
  }

  @Post(':id/extend')
  @HttpCode(202)
  @ApiOperation({
    operationId: 'extendJob',
    summary: 'Ask more tasks about the images of an ended job; what was answered stays',
  })
  @IdempotencyHeader()
  @Answers(202, jobSchema, [400, 404, 409, 422])
  async extend(
    @TenantId() tenantId: string,
    @Param('id') id: string,
    @Body({ schema: extendJobSchema }) body: ExtendJob,
    @Headers('idempotency-key') key: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Job> {
    return told(reply, await this.jobs.extend(tenantId, id, body, key));
  }

  @Post(':id/restart')
  @HttpCode(202)
  @ApiOperation({
    operationId: 'restartJob',
    summary: 'Make a new job of this one over the same set, with changes',
  })
  @IdempotencyHeader()
  @Answers(202, jobSchema, [400, 404, 409, 422])
  async restart(
    @TenantId() tenantId: string,
    @Param('id') id: string,
    @Body({ schema: restartJobSchema }) body: RestartJob,
    @Headers('idempotency-key') key: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Job> {
    const job = told(reply, await this.orders.restart(tenantId, id, body, key));
    void reply.header('location', `/v1/jobs/${job.id}`);
    return job;
  }
}

function told(reply: FastifyReply, { response, replayed }: KeptAnswer<Job>): Job {
  if (replayed) void reply.header('idempotent-replayed', 'true');
  return response;
}
