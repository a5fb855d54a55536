import {
  Body,
  Controller,
  Get,
  Headers,
  HttpCode,
  Param,
  Post,
  Query,
  Res,
  StreamableFile,
} from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import {
  createFineTuningSchema,
  fineTuningCheckpointPageSchema,
  fineTuningEventPageSchema,
  fineTuningEventQuerySchema,
  fineTuningPageSchema,
  fineTuningQuerySchema,
  fineTuningSchema,
  pageQuerySchema,
  type CreateFineTuning,
  type FineTuning,
  type FineTuningCheckpointPage,
  type FineTuningEventPage,
  type FineTuningPage,
  type PageQuery,
} from '#contracts';
import { TenantId } from '../auth/tenant-id.js';
import { Answers, AnswersBytes, IdempotencyHeader } from '../openapi/decorators.js';
import { FineTuningService } from './fine-tuning.service.js';

@ApiTags('Fine-tuning')
@Controller('v1/fine-tuning/jobs')
export class FineTuningController {
  constructor(private readonly jobs: FineTuningService) {}

  @Post()
  @HttpCode(202)
  @ApiOperation({
    operationId: 'createFineTuningJob',
    summary: 'Train a base checkpoint on examples; the result becomes a model that jobs can name',
  })
  @IdempotencyHeader()
  @Answers(202, fineTuningSchema, [400, 404, 409, 422])
  async create(
    @TenantId() tenantId: string,
    @Body({ schema: createFineTuningSchema }) body: CreateFineTuning,
    @Headers('idempotency-key') key: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<FineTuning> {
    const { response, replayed } = await this.jobs.create(tenantId, body, key);
    void reply.header('location', `/v1/fine-tuning/jobs/${response.id}`);
    if (replayed) void reply.header('idempotent-replayed', 'true');
    return response;
  }

  @Get()
  @ApiOperation({
    operationId: 'listFineTuningJobs',
    summary: 'List fine-tuning jobs, newest first',
  })
  @Answers(200, fineTuningPageSchema, [400])
  list(
    @TenantId() tenantId: string,
    @Query({ schema: fineTuningQuerySchema }) query: z.output<typeof fineTuningQuerySchema>,
  ): Promise<FineTuningPage> {
    return this.jobs.list(tenantId, query);
  }

  @Get(':id')
  @ApiOperation({ operationId: 'getFineTuningJob', summary: 'Get a fine-tuning job' })
  @Answers(200, fineTuningSchema, [404])
  get(@TenantId() tenantId: string, @Param('id') id: string): Promise<FineTuning> {
    return this.jobs.get(tenantId, id);
  }

  @Get(':id/events')
  @ApiOperation({
    operationId: 'listFineTuningEvents',
    summary: 'List what happened to a fine-tuning job, in order',
    description:
      'Losses of steps, scores of evaluations, checkpoints, interruptions. Each step is told once.',
  })
  @Answers(200, fineTuningEventPageSchema, [400, 404])
  listEvents(
    @TenantId() tenantId: string,
    @Param('id') id: string,
    @Query({ schema: fineTuningEventQuerySchema })
    query: z.output<typeof fineTuningEventQuerySchema>,
  ): Promise<FineTuningEventPage> {
    return this.jobs.listEvents(tenantId, id, query);
  }

  @Get(':id/checkpoints')
  @ApiOperation({
    operationId: 'listFineTuningCheckpoints',
    summary: 'List the checkpoints that are kept, newest first',
  })
  @Answers(200, fineTuningCheckpointPageSchema, [400, 404])
  listCheckpoints(
    @TenantId() tenantId: string,
    @Param('id') id: string,
    @Query({ schema: pageQuerySchema }) query: PageQuery,
  ): Promise<FineTuningCheckpointPage> {
    return this.jobs.listCheckpoints(tenantId, id, query);
  }

  @Get(':id/result')
  @ApiOperation({
    operationId: 'downloadFineTuningResult',
    summary: 'Download what a fine-tuning job was trained to',
    description:
      'A tar archive. `lora`: adapter_config.json and adapter_model.safetensors, as PEFT reads them. Else a whole checkpoint as Hugging Face lays it out. Beside it recipe.json, log.jsonl and plot.svg of the run.',
  })
  @AnswersBytes(['application/x-tar'], [404, 409])
  async downloadResult(
    @TenantId() tenantId: string,
    @Param('id') id: string,
  ): Promise<StreamableFile> {
    const { name, bytes, content } = await this.jobs.openResult(tenantId, id);
    return new StreamableFile(content, {
      type: 'application/x-tar',
      disposition: `attachment; filename="${name}.tar"`,
      length: bytes,
    });
  }

  @Post(':id/cancel')
  @HttpCode(202)
  @ApiOperation({
    operationId: 'cancelFineTuningJob',
    summary: 'Cancel a fine-tuning job after the update under way, with a checkpoint',
  })
  @Answers(202, fineTuningSchema, [404])
  cancel(@TenantId() tenantId: string, @Param('id') id: string): Promise<FineTuning> {
    return this.jobs.cancel(tenantId, id);
  }

  @Post(':id/resume')
  @HttpCode(202)
  @ApiOperation({
    operationId: 'resumeFineTuningJob',
    summary: 'Go on with a cancelled or failed fine-tuning job from its last checkpoint',
  })
  @Answers(202, fineTuningSchema, [404, 409])
  resume(@TenantId() tenantId: string, @Param('id') id: string): Promise<FineTuning> {
    return this.jobs.resume(tenantId, id);
  }
}
