import { Body, Controller, Headers, HttpCode, Param, Post, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { jobSchema, retryJobSchema, type Job, type RetryJob } from '#contracts';
import type { KeptAnswer } from '#database';
import { TenantId } from '../auth/tenant-id.js';
import { Answers, IdempotencyHeader } from '../openapi/decorators.js';
import { JobAgainService } from './job-again.service.js';

@ApiTags('Jobs')
@Controller('v1/jobs')
export class JobAgainController {
  constructor(private readonly jobs: JobAgainService) {}

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
}

function told(reply: FastifyReply, { response, replayed }: KeptAnswer<Job>): Job {
  if (replayed) void reply.header('idempotent-replayed', 'true');
  return response;
}
