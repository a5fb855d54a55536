import {
  Body,
  Controller,
  Get,
  Headers,
  HttpCode,
  Param,
  Post,
  Query,
  Req,
  Res,
} from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
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
import { Answers, IdempotencyHeader, Unchanged } from '../openapi/decorators.js';
import { readWaitMs } from '../predictions/prefer.js';
import { JobWaitService } from './job-wait.service.js';
import { JobService } from './job.service.js';

@ApiTags('Jobs')
@Controller('v1/jobs')
export class JobController {
  constructor(
    private readonly jobs: JobService,
    private readonly waits: JobWaitService,
  ) {}

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
  @Unchanged()
  list(
    @TenantId() tenantId: string,
    @Query({ schema: jobQuerySchema }) query: z.output<typeof jobQuerySchema>,
  ): Promise<JobPage> {
    return this.jobs.list(tenantId, query);
  }

  @Get(':id')
  @ApiOperation({ operationId: 'getJob', summary: 'Get a job with its counts' })
  @ApiHeader({
    name: 'Prefer',
    required: false,
    description:
      '`wait=N`: wait up to N seconds, 120 at most, for the end; with If-None-Match for any change',
    schema: { type: 'string' },
  })
  @Answers(200, jobSchema, [404])
  @Unchanged()
  async get(
    @TenantId() tenantId: string,
    @Param('id') id: string,
    @Headers('prefer') prefer: string | undefined,
    @Headers('if-none-match') seen: string | undefined,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Job> {
    const waitMs = readWaitMs(prefer, 0);
    if (waitMs > 0) void reply.header('preference-applied', `wait=${waitMs / 1_000}`);
    return this.waits.get(tenantId, id, { waitMs, seen }, request);
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
