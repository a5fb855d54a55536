import { Body, Controller, Headers, HttpCode, Post, Req } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { jobPreviewSchema, previewJobSchema, type JobPreview, type PreviewJob } from '#contracts';
import { TenantId } from '../auth/tenant-id.js';
import { Answers } from '../openapi/decorators.js';
import { JobPreviewService } from './job-preview.service.js';

@ApiTags('Jobs')
@Controller('v1/jobs')
export class JobPreviewController {
  constructor(private readonly previews: JobPreviewService) {}

  @Post('preview')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'previewJob',
    summary: 'Run a few images of a job without creating it, and estimate the whole',
    description:
      'Takes what `POST /v1/jobs` takes and refuses what it refuses. Nothing is sealed, no webhook is told, and no list shows it.',
  })
  @ApiHeader({
    name: 'Prefer',
    required: false,
    description: '`wait=N`: seconds to wait for the samples, 120 at most, 30 by default',
    schema: { type: 'string' },
  })
  @Answers(200, jobPreviewSchema, [400, 404, 409, 422, 503])
  preview(
    @TenantId() tenantId: string,
    @Body({ schema: previewJobSchema }) body: PreviewJob,
    @Headers('prefer') prefer: string | undefined,
    @Req() request: FastifyRequest,
  ): Promise<JobPreview> {
    return this.previews.preview(tenantId, body, prefer, request);
  }
}
