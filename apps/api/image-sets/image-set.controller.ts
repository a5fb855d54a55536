import {
  Body,
  Controller,
  Delete,
  Get,
  Headers,
  HttpCode,
  Param,
  Post,
  Query,
  Req,
  Res,
} from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  createImageSetSchema,
  deletedImagesSchema,
  imageChoiceSchema,
  imageSetPageSchema,
  imageSetSchema,
  knownImagesRequestSchema,
  knownImagesSchema,
  pageQuerySchema,
  refusedFilePageSchema,
  uploadReportSchema,
  type CreateImageSet,
  type DeletedImages,
  type ImageChoice,
  type ImageSet,
  type ImageSetPage,
  type KnownImages,
  type KnownImagesRequest,
  type PageQuery,
  type RefusedFilePage,
  type UploadReport,
} from '#contracts';
import { TenantId } from '../auth/tenant-id.js';
import { UploadService } from '../intake/upload.service.js';
import {
  Answers,
  AnswersNothing,
  FilesBody,
  IdempotencyHeader,
  Unchanged,
} from '../openapi/decorators.js';
import { ImageSetService } from './image-set.service.js';

@ApiTags('Image sets')
@Controller('v1/image-sets')
export class ImageSetController {
  constructor(
    private readonly sets: ImageSetService,
    private readonly uploads: UploadService,
  ) {}

  @Post()
  @ApiOperation({ operationId: 'createImageSet', summary: 'Create an open image set' })
  @IdempotencyHeader()
  @Answers(201, imageSetSchema, [400, 409, 422])
  async create(
    @TenantId() tenantId: string,
    @Body({ schema: createImageSetSchema }) body: CreateImageSet,
    @Headers('idempotency-key') key: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ImageSet> {
    const { response, replayed } = await this.sets.create(tenantId, body, key);
    void reply.header('location', `/v1/image-sets/${response.id}`);
    if (replayed) void reply.header('idempotent-replayed', 'true');
    return response;
  }

  @Get()
  @ApiOperation({ operationId: 'listImageSets', summary: 'List image sets, newest first' })
  @Answers(200, imageSetPageSchema, [400])
  @Unchanged()
  list(
    @TenantId() tenantId: string,
    @Query({ schema: pageQuerySchema }) query: PageQuery,
  ): Promise<ImageSetPage> {
    return this.sets.list(tenantId, query);
  }

  @Get(':id')
  @ApiOperation({ operationId: 'getImageSet', summary: 'Get an image set' })
  @Answers(200, imageSetSchema, [404])
  @Unchanged()
  get(@TenantId() tenantId: string, @Param('id') id: string): Promise<ImageSet> {
    return this.sets.get(tenantId, id);
  }

  @Post(':id/images')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'uploadImages',
    summary: 'Upload images, and zip, tar or tar.gz archives of images',
    description:
      'Any number of files under any field name. A file that is no readable image is refused with a reason and the others go on; sending an upload again adds nothing.',
  })
  @FilesBody()
  @Answers(200, uploadReportSchema, [400, 404, 409, 413, 415, 503])
  upload(
    @TenantId() tenantId: string,
    @Param('id') id: string,
    @Req() request: FastifyRequest,
  ): Promise<UploadReport> {
    return this.uploads.receive(tenantId, id, request);
  }

  @Post(':id/images/known')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'addKnownImages',
    summary: 'Add images that were sent before, without their bytes',
    description:
      'Every image whose SHA-256 this tenant has sent before, into any set, is added; of the others the answer says `unknown`, and their bytes are to be sent.',
  })
  @Answers(200, knownImagesSchema, [400, 404, 409, 413])
  addKnown(
    @TenantId() tenantId: string,
    @Param('id') id: string,
    @Body({ schema: knownImagesRequestSchema }) body: KnownImagesRequest,
  ): Promise<KnownImages> {
    return this.sets.addKnown(tenantId, id, body);
  }

  @Delete(':id/images')
  @ApiOperation({
    operationId: 'deleteImages',
    summary: 'Take images out of an open set',
    description:
      'All images that have this name, content and custom id, of which at least one is given. The last images of the set take the numbers that become free.',
  })
  @Answers(200, deletedImagesSchema, [400, 404, 409])
  removeImages(
    @TenantId() tenantId: string,
    @Param('id') id: string,
    @Query({ schema: imageChoiceSchema }) choice: ImageChoice,
  ): Promise<DeletedImages> {
    return this.sets.removeImages(tenantId, id, choice);
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({
    operationId: 'deleteImageSet',
    summary: 'Delete an image set with its bytes',
    description:
      'Refused while a job, a fine-tuning job or an upload that has not ended uses it. Bytes leave the store when no other set has the same picture; answers of jobs over it stay.',
  })
  @AnswersNothing([404, 409])
  remove(@TenantId() tenantId: string, @Param('id') id: string): Promise<void> {
    return this.sets.remove(tenantId, id);
  }

  @Post(':id/seal')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'sealImageSet',
    summary: 'Seal an image set: it takes no more images',
  })
  @Answers(200, imageSetSchema, [404, 409])
  seal(@TenantId() tenantId: string, @Param('id') id: string): Promise<ImageSet> {
    return this.sets.seal(tenantId, id);
  }

  @Get(':id/refused')
  @ApiOperation({
    operationId: 'listRefusedFiles',
    summary: 'List the files of a set that were refused, with their reasons',
  })
  @Answers(200, refusedFilePageSchema, [400, 404])
  listRefused(
    @TenantId() tenantId: string,
    @Param('id') id: string,
    @Query({ schema: pageQuerySchema }) query: PageQuery,
  ): Promise<RefusedFilePage> {
    return this.sets.listRefused(tenantId, id, query);
  }
}
