import { Body, Controller, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import {
  createExportSchema,
  exportPageSchema,
  exportSchema,
  pageQuerySchema,
  type CreateExport,
  type Export,
  type ExportPage,
  type PageQuery,
} from '#contracts';
import { TenantId } from '../auth/tenant-id.js';
import { Answers } from '../openapi/decorators.js';
import { BucketExportService } from './bucket-export.service.js';

@ApiTags('Jobs')
@Controller('v1')
export class BucketExportController {
  constructor(private readonly exports: BucketExportService) {}

  @Post('jobs/:id/exports')
  @HttpCode(202)
  @ApiOperation({
    operationId: 'createExport',
    summary: 'Write the results of a job into a bucket of yours',
    description:
      'What GET /v1/jobs/{id}/export would give, as an object in your bucket with a manifest beside it; made after the answer, GET /v1/exports/{id} tells how far it is. The same job gives the same bytes. Its credentials are kept sealed until it has ended, and never shown; they need `s3:PutObject` and `s3:AbortMultipartUpload`.',
  })
  @Answers(202, exportSchema, [400, 404, 409, 422, 503])
  async create(
    @TenantId() tenantId: string,
    @Param('id') id: string,
    @Body({ schema: createExportSchema }) body: CreateExport,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Export> {
    const answer = await this.exports.create(tenantId, id, body);
    void reply.header('location', `/v1/exports/${answer.id}`);
    return answer;
  }

  @Get('jobs/:id/exports')
  @ApiOperation({
    operationId: 'listExports',
    summary: 'List exports of a job into buckets, newest first',
  })
  @Answers(200, exportPageSchema, [400, 404])
  list(
    @TenantId() tenantId: string,
    @Param('id') id: string,
    @Query({ schema: pageQuerySchema }) query: PageQuery,
  ): Promise<ExportPage> {
    return this.exports.list(tenantId, id, query);
  }

  @Get('exports/:id')
  @ApiOperation({ operationId: 'getExport', summary: 'Get an export and how far it is' })
  @Answers(200, exportSchema, [404])
  get(@TenantId() tenantId: string, @Param('id') id: string): Promise<Export> {
    return this.exports.get(tenantId, id);
  }

  @Post('exports/:id/cancel')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'cancelExport',
    summary: 'Cancel an export: what has been uploaded of it is taken back',
  })
  @Answers(200, exportSchema, [404, 409])
  cancel(@TenantId() tenantId: string, @Param('id') id: string): Promise<Export> {
    return this.exports.cancel(tenantId, id);
  }
}
