import { Controller, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import {
  importPageSchema,
  importQuerySchema,
  importSchema,
  manifestCheckSchema,
  pageQuerySchema,
  type Import,
  type ImportPage,
  type ImportQuery,
  type ManifestCheck,
  type PageQuery,
} from '#contracts';
import { TenantId } from '../auth/tenant-id.js';
import { Answers } from '../openapi/decorators.js';
import { ImportService } from './import.service.js';
import { MANIFEST_TYPES } from './manifest-body.js';

const answerSchema = z.union([importSchema, manifestCheckSchema]);

@ApiTags('Image sets')
@Controller('v1')
export class ImportController {
  constructor(private readonly imports: ImportService) {}

  @Post('image-sets/:id/imports')
  @HttpCode(202)
  @ApiOperation({
    operationId: 'importImages',
    summary: 'Import the images that a manifest names, or a bucket has',
    description:
      'A manifest of any length, JSONL or CSV, one image a line: `url`, `source-ref`, `key` or the `sha256` of an image that was sent before; with `custom_id`, `name`, `metadata`, `tasks`. Images are fetched after the answer; GET /v1/imports/{id} tells how far it is. A line that cannot be used is refused by its number, the others go on. Or a bucket, as JSON: `uri` (s3://bucket/photos/**/*.jpg), `region`, `endpoint`, `access_key_id`, `secret_access_key`, `session_token`, `name`; its credentials are kept sealed until the import has ended, and never shown.',
  })
  @ApiConsumes(...MANIFEST_TYPES, 'application/json')
  @ApiBody({ schema: { type: 'string', format: 'binary' } })
  @Answers(202, answerSchema, [400, 404, 409, 413, 415, 422, 503])
  async receive(
    @TenantId() tenantId: string,
    @Param('id') id: string,
    @Query({ schema: importQuerySchema }) query: ImportQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Import | ManifestCheck> {
    const answer = await this.imports.receive(tenantId, id, query, request);
    if (answer.object === 'import') void reply.header('location', `/v1/imports/${answer.id}`);
    return answer;
  }

  @Get('image-sets/:id/imports')
  @ApiOperation({ operationId: 'listImports', summary: 'List imports into a set, newest first' })
  @Answers(200, importPageSchema, [400, 404])
  list(
    @TenantId() tenantId: string,
    @Param('id') id: string,
    @Query({ schema: pageQuerySchema }) query: PageQuery,
  ): Promise<ImportPage> {
    return this.imports.list(tenantId, id, query);
  }

  @Get('imports/:id')
  @ApiOperation({ operationId: 'getImport', summary: 'Get an import and how far it is' })
  @Answers(200, importSchema, [404])
  get(@TenantId() tenantId: string, @Param('id') id: string): Promise<Import> {
    return this.imports.get(tenantId, id);
  }

  @Post('imports/:id/cancel')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'cancelImport',
    summary: 'Cancel an import: what it has brought stays, the rest is not fetched',
  })
  @Answers(200, importSchema, [404, 409])
  cancel(@TenantId() tenantId: string, @Param('id') id: string): Promise<Import> {
    return this.imports.cancel(tenantId, id);
  }
}
