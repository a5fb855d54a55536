import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import {
  jobLatencySchema,
  jobLogPageSchema,
  jobLogQuerySchema,
  jobProgressSchema,
  notFound,
  requireUuid,
  type JobLatency,
  type JobLogPage,
  type JobProgress,
} from '#contracts';
import { findJob, findJobLatency, listJobLog, readJobStages, type JobRecord } from '#database';
import { TenantId } from '../auth/tenant-id.js';
import { Answers } from '../openapi/decorators.js';
import { decodeCursor, LONG_CURSOR, toPage } from '../page/page.js';
import { API_PARTS, type ApiParts } from '../parts.js';
import { viewLatency } from './job-latency-view.js';
import { viewLogEntry, viewProgress } from './job-log-view.js';

/** How a job goes, for whoever wonders. Log and progress read more than the job's row: not for polling. */
@ApiTags('Jobs')
@Controller('v1/jobs/:id')
export class JobLogController {
  constructor(@Inject(API_PARTS) private readonly parts: ApiParts) {}

  @Get('log')
  @ApiOperation({ operationId: 'listJobLog', summary: 'List what happened to a job, oldest first' })
  @Answers(200, jobLogPageSchema, [400, 404])
  async log(
    @TenantId() tenantId: string,
    @Param('id') id: string,
    @Query({ schema: jobLogQuerySchema })
    { limit, cursor, level }: z.output<typeof jobLogQuerySchema>,
  ): Promise<JobLogPage> {
    const after = decodeCursor(cursor, LONG_CURSOR);
    const job = await this.#require(tenantId, id);
    const page = { limit: limit + 1, after, level };
    const entries = await listJobLog(this.parts.database, job.id, page);
    return toPage(
      entries,
      limit,
      (entry) => entry.id,
      (entry) => viewLogEntry(job.id, entry),
    );
  }

  @Get('progress')
  @ApiOperation({
    operationId: 'getJobProgress',
    summary: 'Get where the images of a job are, who works on it, and how long it may take',
  })
  @Answers(200, jobProgressSchema, [404])
  async progress(@TenantId() tenantId: string, @Param('id') id: string): Promise<JobProgress> {
    const job = await this.#require(tenantId, id);
    return viewProgress(job, await readJobStages(this.parts.database, job.id));
  }

  @Get('latency')
  @ApiOperation({
    operationId: 'getJobLatency',
    summary: 'Get how long the images of a job took, as a histogram',
  })
  @Answers(200, jobLatencySchema, [404])
  async latency(@TenantId() tenantId: string, @Param('id') id: string): Promise<JobLatency> {
    const jobId = requireUuid('job', id);
    const counts = await findJobLatency(this.parts.database, tenantId, jobId);
    if (counts === undefined) throw notFound('job', id);
    return viewLatency(jobId, counts);
  }

  async #require(tenantId: string, id: string): Promise<JobRecord> {
    const job = await findJob(this.parts.database, tenantId, requireUuid('job', id));
    if (job === undefined) throw notFound('job', id);
    return job;
  }
}
