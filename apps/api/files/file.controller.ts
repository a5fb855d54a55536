import { Controller, Delete, Get, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  deletedFileSchema,
  filePageSchema,
  fileQuerySchema,
  fileSchema,
  uploadPurposeSchema,
  type DeletedFile,
  type FilePage,
  type FileQuery,
  type StoredFile,
} from '#contracts';
import { TenantId } from '../auth/tenant-id.js';
import { Answers, AnswersBytes } from '../openapi/decorators.js';
import { FileService } from './file.service.js';

const BYTES = 'application/octet-stream';

@ApiTags('Files')
@Controller('v1/files')
export class FileController {
  constructor(private readonly files: FileService) {}

  @Post()
  @ApiOperation({
    operationId: 'createFile',
    summary: 'Upload a file of training examples or of requests',
    description:
      'For `fine-tune`, JSONL with one {"image","prefix","suffix"} per line; `image` is the file name of an image of the job’s image set, with its `sha256` beside it where several have that name, or a data: URL. For `batch`, JSONL with one request per line (docs/openai.md). Other purposes: any bytes.',
  })
  @ApiConsumes('multipart/form-data')
  @ApiBody({
    schema: {
      type: 'object',
      required: ['file'],
      properties: {
        file: { type: 'string', format: 'binary' },
        purpose: { type: 'string', enum: uploadPurposeSchema.options, default: 'fine-tune' },
      },
    },
  })
  @Answers(201, fileSchema, [400, 413, 415, 503])
  async create(
    @TenantId() tenantId: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StoredFile> {
    const file = await this.files.receive(tenantId, request);
    void reply.header('location', `/v1/files/${file.id}`);
    return file;
  }

  @Get()
  @ApiOperation({ operationId: 'listFiles', summary: 'List files, newest first' })
  @Answers(200, filePageSchema, [400, 404])
  list(
    @TenantId() tenantId: string,
    @Query({ schema: fileQuerySchema }) query: FileQuery,
  ): Promise<FilePage> {
    return this.files.list(tenantId, query);
  }

  @Get(':id')
  @ApiOperation({ operationId: 'getFile', summary: 'Get what is known of a file' })
  @Answers(200, fileSchema, [404])
  get(@TenantId() tenantId: string, @Param('id') id: string): Promise<StoredFile> {
    return this.files.get(tenantId, id);
  }

  @Get(':id/content')
  @ApiOperation({ operationId: 'downloadFile', summary: 'Download a file' })
  @AnswersBytes([BYTES], [404])
  async download(
    @TenantId() tenantId: string,
    @Param('id') id: string,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { body, file } = await this.files.open(tenantId, id);
    await reply
      .header('content-type', BYTES)
      .header('content-length', file.bytes)
      .header('content-disposition', 'attachment')
      .send(body);
  }

  @Delete(':id')
  @ApiOperation({ operationId: 'deleteFile', summary: 'Delete a file with its bytes' })
  @Answers(200, deletedFileSchema, [404, 409])
  delete(@TenantId() tenantId: string, @Param('id') id: string): Promise<DeletedFile> {
    return this.files.delete(tenantId, id);
  }
}
