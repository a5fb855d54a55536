import { Body, Controller, Get, Inject, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  createModelImportSchema,
  modelImportPageSchema,
  modelImportSchema,
  newUuid,
  notFound,
  pageQuerySchema,
  requireUuid,
  updateModelImportSchema,
  type CreateModelImport,
  type ModelImport,
  type ModelImportPage,
  type PageQuery,
  type UpdateModelImport,
} from '#contracts';
import {
  createModelImport,
  findModelImport,
  listModelImports,
  tellModelImport,
  type ModelImportRecord,
} from '#database';
import { TenantId } from '../auth/tenant-id.js';
import { Answers } from '../openapi/decorators.js';
import { decodeCursor, toPage, UUID_CURSOR } from '../page/page.js';
import { API_PARTS, type ApiParts } from '../parts.js';
import { viewModelImport } from './model-import-view.js';

@ApiTags('Models')
@Controller('v1/model-imports')
export class ModelImportController {
  constructor(@Inject(API_PARTS) private readonly parts: ApiParts) {}

  @Post()
  @ApiOperation({
    operationId: 'createModelImport',
    summary: 'Tell that the import of a model has begun',
    description:
      'Models are imported where their files will be; `pallet models import` and `pull` tell here how far they are, when they know of a system. The newest 200 are kept.',
  })
  @Answers(201, modelImportSchema, [400])
  async create(
    @TenantId() tenantId: string,
    @Body({ schema: createModelImportSchema }) body: CreateModelImport,
  ): Promise<ModelImport> {
    const started = { ...body, host: body.host ?? null, id: newUuid(), tenantId };
    return viewModelImport(
      await this.parts.database.transaction((tx) => createModelImport(tx, started)),
    );
  }

  @Patch(':id')
  @ApiOperation({
    operationId: 'updateModelImport',
    summary: 'Tell how far the import of a model is, or how it ended',
  })
  @Answers(200, modelImportSchema, [400, 404, 409])
  async update(
    @TenantId() tenantId: string,
    @Param('id') id: string,
    @Body({ schema: updateModelImportSchema }) body: UpdateModelImport,
  ): Promise<ModelImport> {
    const which = { tenantId, id: requireUuid('model_import', id) };
    const told = {
      state: body.state,
      bytesDone: body.bytes_done,
      bytesTotal: body.bytes_total,
      modelBytes: body.model_bytes,
      error: body.error,
    };
    return viewFound(id, await tellModelImport(this.parts.database, which, told));
  }

  @Get()
  @ApiOperation({
    operationId: 'listModelImports',
    summary: 'List imports of models, newest first',
  })
  @Answers(200, modelImportPageSchema, [400])
  async list(
    @TenantId() tenantId: string,
    @Query({ schema: pageQuerySchema }) { limit, cursor }: PageQuery,
  ): Promise<ModelImportPage> {
    const page = { limit: limit + 1, before: decodeCursor(cursor, UUID_CURSOR) };
    const imports = await listModelImports(this.parts.database, tenantId, page);
    return toPage(imports, limit, ({ id }) => id, viewModelImport);
  }

  @Get(':id')
  @ApiOperation({ operationId: 'getModelImport', summary: 'Get how far the import of a model is' })
  @Answers(200, modelImportSchema, [404])
  async get(@TenantId() tenantId: string, @Param('id') id: string): Promise<ModelImport> {
    const uuid = requireUuid('model_import', id);
    return viewFound(id, await findModelImport(this.parts.database, tenantId, uuid));
  }
}

function viewFound(id: string, found: ModelImportRecord | undefined): ModelImport {
  if (found === undefined) throw notFound('model_import', id);
  return viewModelImport(found);
}
