import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { fineTuningBasePageSchema, type FineTuningBasePage } from '#contracts';
import { listBases } from '#database';
import { Answers } from '../openapi/decorators.js';
import { API_PARTS, type ApiParts } from '../parts.js';

@ApiTags('Fine-tuning')
@Controller('v1/fine-tuning/bases')
export class FineTuningBaseController {
  constructor(@Inject(API_PARTS) private readonly parts: ApiParts) {}

  @Get()
  @ApiOperation({
    operationId: 'listFineTuningBases',
    summary: 'List the checkpoints that can be trained',
    description:
      'Those that some trainer has had within the last week, by name, all on one page: a trainer has a few.',
  })
  @Answers(200, fineTuningBasePageSchema, [])
  async list(): Promise<FineTuningBasePage> {
    const bases = await listBases(this.parts.database);
    const data = bases.map((id) => ({ object: 'fine_tuning.base' as const, id }));
    return { object: 'list', data, next_cursor: null, has_more: false };
  }
}
