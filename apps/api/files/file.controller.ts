import { Controller, Get, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  pageQuerySchema,
  trainingFilePageSchema,
  trainingFileSchema,
  type PageQuery,
  type TrainingFile,
  type TrainingFilePage,
} from '#contracts';
import { TenantId } from '../auth/tenant-id.js';
import { Answers } from '../openapi/decorators.js';
import { FileService } from './file.service.js';

@ApiTags('Files')
@Controller('v1/files')
export class FileController {
  constructor(private readonly files: FileService) {}

  @Post()
  @ApiOperation({
    operationId: 'createFile',
    summary: 'Upload a file of training examples',
    description:
      'JSONL: one {"image","prefix","suffix"} per line. `image` is the file name of an image of the job’s image set, or a data: URL.',
  })
  @ApiConsumes('multipart/form-data')
  @ApiBody({
    schema: {
      type: 'object',
      required: ['file'],
      properties: {
        file: { type: 'string', format: 'binary' },
        purpose: { type: 'string', enum: ['fine-tune'] },
      },
    },
  })
  @Answers(201, trainingFileSchema, [400, 413, 415, 503])
  async create(
    @TenantId() tenantId: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TrainingFile> {
    const file = await this.files.receive(tenantId, request);
    void reply.header('location', `/v1/files/${file.id}`);
    return file;
  }

  @Get()
  @ApiOperation({ operationId: 'listFiles', summary: 'List files, newest first' })
  @Answers(200, trainingFilePageSchema, [400])
  list(
    @TenantId() tenantId: string,
    @Query({ schema: pageQuerySchema }) query: PageQuery,
  ): Promise<TrainingFilePage> {
    return this.files.list(tenantId, query);
  }

  @Get(':id')
  @ApiOperation({ operationId: 'getFile', summary: 'Get what is known of a file' })
  @Answers(200, trainingFileSchema, [404])
  get(@TenantId() tenantId: string, @Param('id') id: string): Promise<TrainingFile> {
    return this.files.get(tenantId, id);
  }
}
