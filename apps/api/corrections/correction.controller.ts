import { Body, Controller, Delete, Get, HttpCode, Param, Put, Query, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import {
  correctionKeySchema,
  correctionPageSchema,
  correctionQuerySchema,
  correctionSchema,
  putCorrectionSchema,
  type Correction,
  type CorrectionPage,
  type PutCorrection,
} from '#contracts';
import { TenantId } from '../auth/tenant-id.js';
import { Answers, AnswersBytes, AnswersNothing } from '../openapi/decorators.js';
import { CorrectionService } from './correction.service.js';

@ApiTags('Jobs')
@Controller('v1/jobs/:id/corrections')
export class CorrectionController {
  constructor(private readonly corrections: CorrectionService) {}

  @Put()
  @ApiOperation({
    operationId: 'putCorrection',
    summary: 'Say what an answer should have been',
    description:
      'In the place of what was said before of the same answer. The answer itself stays as it is.',
  })
  @Answers(200, correctionSchema, [400, 404, 409])
  put(
    @TenantId() tenantId: string,
    @Param('id') id: string,
    @Body({ schema: putCorrectionSchema }) body: PutCorrection,
  ): Promise<Correction> {
    return this.corrections.put(tenantId, id, body);
  }

  @Get()
  @ApiOperation({ operationId: 'listCorrections', summary: 'List the corrections of a job' })
  @Answers(200, correctionPageSchema, [400, 404])
  list(
    @TenantId() tenantId: string,
    @Param('id') id: string,
    @Query({ schema: correctionQuerySchema }) query: z.output<typeof correctionQuerySchema>,
  ): Promise<CorrectionPage> {
    return this.corrections.list(tenantId, id, query);
  }

  @Get('lines')
  @ApiOperation({
    operationId: 'exportCorrections',
    summary: 'Download the corrections of a job as lines to fine-tune on',
    description:
      'JSONL of `image`, `prefix` and `suffix`, as `/v1/files` takes them for a fine-tuning job over the same image set.',
  })
  @AnswersBytes(['application/x-ndjson'], [404])
  async lines(
    @TenantId() tenantId: string,
    @Param('id') id: string,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const lines = await this.corrections.lines(tenantId, id);
    await reply
      .header('content-type', 'application/x-ndjson')
      .header('content-disposition', `attachment; filename="${id}-corrections.jsonl"`)
      .send(lines);
  }

  @Delete()
  @HttpCode(204)
  @ApiOperation({ operationId: 'deleteCorrection', summary: 'Take a correction back' })
  @AnswersNothing([400, 404])
  remove(
    @TenantId() tenantId: string,
    @Param('id') id: string,
    @Query({ schema: correctionKeySchema }) key: z.output<typeof correctionKeySchema>,
  ): Promise<void> {
    return this.corrections.remove(tenantId, id, key);
  }
}
