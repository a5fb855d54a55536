import { Controller, Headers, Post, Req, Res } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { predictionSchema, type Prediction } from '#contracts';
import { TenantId } from '../auth/tenant-id.js';
import { Answers } from '../openapi/decorators.js';
import { PredictionService } from './prediction.service.js';

@ApiTags('Predictions')
@Controller('v1/predictions')
export class PredictionController {
  constructor(private readonly predictions: PredictionService) {}

  @Post()
  @ApiOperation({
    operationId: 'createPrediction',
    summary: 'Ask tasks about one picture and wait for the answers',
  })
  @ApiHeader({
    name: 'Prefer',
    required: false,
    description:
      '`wait=N`: seconds to wait, 120 at most, 30 by default; `respond-async`: do not wait',
    schema: { type: 'string' },
  })
  @ApiConsumes('multipart/form-data')
  @ApiBody({
    schema: {
      type: 'object',
      required: ['image', 'tasks'],
      properties: {
        image: { type: 'string', format: 'binary' },
        tasks: { type: 'string', description: 'JSON: a list of tasks, as in a job' },
        model: { type: 'string' },
      },
    },
  })
  @Answers(200, predictionSchema, [400, 413, 415, 422, 503])
  @Answers(202, predictionSchema, [], 'It still runs: ask for the job at `Location`')
  async create(
    @TenantId() tenantId: string,
    @Headers('prefer') prefer: string | undefined,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Prediction> {
    const prediction = await this.predictions.create(tenantId, request, prefer);
    void reply.header('location', `/v1/jobs/${prediction.job.id}`);
    void reply.status(prediction.result === null ? 202 : 200);
    return prediction;
  }
}
