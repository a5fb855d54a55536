import {
  Body,
  Controller,
  Delete,
  Get,
  Headers,
  HttpCode,
  Param,
  Post,
  Put,
  Query,
  Req,
  Res,
} from '@nestjs/common';
import { ApiExcludeEndpoint, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  createUploadSchema,
  partUrlsRequestSchema,
  partUrlsSchema,
  uploadPartsSchema,
  uploadSchema,
  type CreateUpload,
  type PartUrls,
  type PartUrlsRequest,
  type Upload,
  type UploadParts,
} from '#contracts';
import { SignedUrl } from '../auth/signed-url.js';
import { MaybeTenantId, TenantId } from '../auth/tenant-id.js';
import { Answers, AnswersNothing, IdempotencyHeader } from '../openapi/decorators.js';
import { ResumableUploadService } from './resumable-upload.service.js';

@ApiTags('Uploads')
@Controller('v1')
export class ResumableUploadController {
  constructor(private readonly uploads: ResumableUploadService) {}

  @Post('image-sets/:id/uploads')
  @ApiOperation({
    operationId: 'createUpload',
    summary: 'Begin an upload in parts: a large picture or an archive, resumable',
    description:
      'Ask for the URLs of its parts, PUT them in any order and as often as you like, then complete it.',
  })
  @IdempotencyHeader()
  @Answers(201, uploadSchema, [400, 404, 409, 413, 422])
  async create(
    @TenantId() tenantId: string,
    @Param('id') id: string,
    @Body({ schema: createUploadSchema }) body: CreateUpload,
    @Headers('idempotency-key') key: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Upload> {
    const { response, replayed } = await this.uploads.create(tenantId, id, body, key);
    void reply.header('location', `/v1/uploads/${response.id}`);
    if (replayed) void reply.header('idempotent-replayed', 'true');
    return response;
  }

  @Get('uploads/:id')
  @ApiOperation({ operationId: 'getUpload', summary: 'Get an upload' })
  @Answers(200, uploadSchema, [404])
  get(@TenantId() tenantId: string, @Param('id') id: string): Promise<Upload> {
    return this.uploads.get(tenantId, id);
  }

  @Get('uploads/:id/parts')
  @ApiOperation({ operationId: 'listUploadParts', summary: 'List the parts that are there' })
  @Answers(200, uploadPartsSchema, [404])
  listParts(@TenantId() tenantId: string, @Param('id') id: string): Promise<UploadParts> {
    return this.uploads.listParts(tenantId, id);
  }

  @Post('uploads/:id/parts')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'createPartUrls',
    summary: 'Get the URLs that parts are PUT to',
    description:
      'Each URL takes exactly the part that was announced, compared by its MD5, for an hour. Where the object store is a bucket the part goes straight into it.',
  })
  @Answers(200, partUrlsSchema, [400, 404, 409])
  giveUrls(
    @TenantId() tenantId: string,
    @Param('id') id: string,
    @Body({ schema: partUrlsRequestSchema }) body: PartUrlsRequest,
  ): Promise<PartUrls> {
    return this.uploads.giveUrls(tenantId, id, body);
  }

  /** Clients do not build this URL, they are given it. */
  @Put('uploads/:id/part')
  @HttpCode(200)
  @SignedUrl()
  @ApiExcludeEndpoint()
  async receivePart(
    @MaybeTenantId() tenantId: string | undefined,
    @Param('id') id: string,
    @Query() query: Record<string, unknown>,
    @Req() request: FastifyRequest,
  ): Promise<void> {
    await this.uploads.receivePart({ tenantId, id, query, request });
  }

  @Post('uploads/:id/complete')
  @HttpCode(202)
  @ApiOperation({
    operationId: 'completeUpload',
    summary: 'Say that all parts are there: pictures are made of them',
  })
  @Answers(202, uploadSchema, [404, 409])
  complete(@TenantId() tenantId: string, @Param('id') id: string): Promise<Upload> {
    return this.uploads.complete(tenantId, id);
  }

  @Delete('uploads/:id')
  @HttpCode(204)
  @ApiOperation({ operationId: 'abortUpload', summary: 'Give an open upload up' })
  @AnswersNothing([404, 409])
  abort(@TenantId() tenantId: string, @Param('id') id: string): Promise<void> {
    return this.uploads.abort(tenantId, id);
  }
}
