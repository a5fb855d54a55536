import { Body, Controller, Get, Headers, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import {
  batchPageSchema,
  batchQuerySchema,
  batchSchema,
  createBatchSchema,
  type Batch,
  type BatchPage,
  type BatchQuery,
  type CreateBatch,
} from '#contracts';
import { TenantId } from '../auth/tenant-id.js';
import { Answers, IdempotencyHeader } from '../openapi/decorators.js';
import { BatchService } from './batch.service.js';

@ApiTags('Batches')
@Controller('v1/batches')
export class BatchController {
  constructor(private readonly batches: BatchService) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({
    operationId: 'createBatch',
    summary: 'Answer a file of requests, as OpenAI has it',
    description:
      'Each line asks one question about one picture (docs/openai.md). Lines are judged afterwards: one that is no request fails the batch, with its number in `errors`; a picture that cannot be had fails its request alone.',
  })
  @IdempotencyHeader()
  @Answers(200, batchSchema, [400, 404, 409, 422])
  async create(
    @TenantId() tenantId: string,
    @Body({ schema: createBatchSchema }) body: CreateBatch,
    @Headers('idempotency-key') key: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Batch> {
    const { response, replayed } = await this.batches.create(tenantId, body, key);
    void reply.header('location', `/v1/batches/${response.id}`);
    if (replayed) void reply.header('idempotent-replayed', 'true');
    return response;
  }

  @Get()
  @ApiOperation({ operationId: 'listBatches', summary: 'List batches, newest first' })
  @Answers(200, batchPageSchema, [400, 404])
  list(
    @TenantId() tenantId: string,
    @Query({ schema: batchQuerySchema }) query: BatchQuery,
  ): Promise<BatchPage> {
    return this.batches.list(tenantId, query);
  }

  @Get(':id')
  @ApiOperation({ operationId: 'getBatch', summary: 'Get a batch with its counts' })
  @Answers(200, batchSchema, [404])
  get(@TenantId() tenantId: string, @Param('id') id: string): Promise<Batch> {
    return this.batches.get(tenantId, id);
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'cancelBatch',
    summary: 'Cancel a batch; what has been answered is in its files',
  })
  @Answers(200, batchSchema, [404, 409])
  cancel(@TenantId() tenantId: string, @Param('id') id: string): Promise<Batch> {
    return this.batches.cancel(tenantId, id);
  }
}
