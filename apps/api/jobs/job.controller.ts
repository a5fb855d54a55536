import { Body, Controller, Get, Headers, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import {
  createJobSchema,
  jobPageSchema,
  jobQuerySchema,
  jobSchema,
  resultPageSchema,
  resultQuerySchema,
  type CreateJob,
  type Job,
  type JobPage,
  type ResultPage,
} from '#contracts';
import { TenantId } from '../auth/tenant-id.js';
import { Answers, IdempotencyHeader } from '../openapi/decorators.js';
import { JobService } from './job.service.js';

@ApiTags('Jobs')
@Controller('v1/jobs')
export class JobController {
  constructor(private readonly jobs: JobService) {}

  @Post()
  @HttpCode(202)
  @ApiOperation({ operationId: 'createJob', summary: 'Ask tasks about every image of a set' })
  @IdempotencyHeader()
  @Answers(202, jobSchema, [400, 404, 409, 422])
  async create(
    @TenantId() tenantId: string,
    @Body({ schema: createJobSchema }) body: CreateJob,
    @Headers('idempotency-key') key: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Job> {
    const { response, replayed } = await this.jobs.create(tenantId, body, key);
    void reply.header('location', `/v1/jobs/${response.id}`);
    if (replayed) void reply.header('idempotent-replayed', 'true');
    return response;
  }

  @Get()
  @ApiOperation({ operationId: 'listJobs', summary: 'List jobs, newest first' })
  @Answers(200, jobPageSchema, [400])
  list(
    @TenantId() tenantId: string,
    @Query({ schema: jobQuerySchema }) query: z.output<typeof jobQuerySchema>,
  ): Promise<JobPage> {
    return this.jobs.list(tenantId, query);
  }

  @Get(':id')
  @ApiOperation({ operationId: 'getJob', summary: 'Get a job with its counts' })
  @Answers(200, jobSchema, [404])
  get(@TenantId() tenantId: string, @Param('id') id: string): Promise<Job> {
    return this.jobs.get(tenantId, id);
  }

  @Get(':id/results')
  @ApiOperation({
    operationId: 'listResults',
    summary: 'List the items of a job that have ended, by number',
    description:
      'Can be read while the job runs; then items with lower numbers than the cursor may still end later. Read from the start once the job has ended to have every one.',
  })
  @Answers(200, resultPageSchema, [400, 404])
  listResults(
    @TenantId() tenantId: string,
    @Param('id') id: string,
    @Query({ schema: resultQuerySchema }) query: z.output<typeof resultQuerySchema>,
  ): Promise<ResultPage> {
    return this.jobs.listResults(tenantId, id, query);
  }
}
