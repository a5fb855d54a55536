import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { exportQuerySchema, type ExportQuery } from '#contracts';
import { TenantId } from '../auth/tenant-id.js';
import { AnswersBytes } from '../openapi/decorators.js';
import { ExportService } from './export.service.js';

@ApiTags('Jobs')
@Controller('v1/jobs')
export class ExportController {
  constructor(private readonly exports: ExportService) {}

  @Get(':id/export')
  @ApiOperation({
    operationId: 'exportJob',
    summary: 'Download the results of a job in a format of your choice',
    description:
      'Streamed as it is made: one file for `jsonl`, `csv` and `parquet`, else a zip with a `manifest.json`. The same job gives the same bytes. Only of a job that has ended, unless `partial=true`. If the connection ends early the file is incomplete: ask again.',
  })
  @AnswersBytes(
    ['application/x-ndjson', 'text/csv', 'application/vnd.apache.parquet', 'application/zip'],
    [400, 404, 409],
  )
  async export(
    @TenantId() tenantId: string,
    @Param('id') id: string,
    @Query({ schema: exportQuerySchema }) query: ExportQuery,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { body, fileName, mediaType } = await this.exports.open(tenantId, id, query);
    await reply
      .header('content-type', mediaType)
      .header('content-disposition', `attachment; filename="${fileName}"`)
      .send(body);
  }
}
