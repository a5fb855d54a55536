import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  modelPageSchema,
  pageQuerySchema,
  type Model,
  type ModelPage,
  type PageQuery,
} from '#contracts';
import { listModels, type ModelRecord } from '#database';
import { TenantId } from '../auth/tenant-id.js';
import { Answers } from '../openapi/decorators.js';
import { decodeCursor, toPage } from '../page/page.js';
import { API_PARTS, type ApiParts } from '../parts.js';

const MODEL_CURSOR = /^[A-Za-z0-9][A-Za-z0-9._/@-]*$/;

@ApiTags('Models')
@Controller('v1/models')
export class ModelController {
  constructor(@Inject(API_PARTS) private readonly parts: ApiParts) {}

  @Get()
  @ApiOperation({ operationId: 'listModels', summary: 'List models and who serves them now' })
  @Answers(200, modelPageSchema, [400])
  async list(
    @TenantId() tenantId: string,
    @Query({ schema: pageQuerySchema }) query: PageQuery,
  ): Promise<ModelPage> {
    const after = decodeCursor(query.cursor, MODEL_CURSOR);
    const page = { limit: query.limit + 1, after };
    const models = await listModels(this.parts.database, tenantId, page);
    return toPage(models, query.limit, (model) => model.name, viewModel);
  }
}

function viewModel(model: ModelRecord): Model {
  return {
    object: 'model',
    id: model.name,
    family: model.family,
    image_size: model.imageSize,
    note: model.note,
    workers: model.workers,
    revision: model.revision,
    is_own: model.isOwn,
    task_ms: model.taskMs,
  };
}
