import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { thumbnailQuerySchema } from '#contracts';
import { TenantId } from '../auth/tenant-id.js';
import { AnswersBytes } from '../openapi/decorators.js';
import { ThumbnailService } from './thumbnail.service.js';

/** An image of a set never changes, so nor does its thumbnail, seconds. */
const WEEK_SECONDS = 7 * 24 * 60 * 60;

@ApiTags('Image sets')
@Controller('v1/image-sets')
export class ThumbnailController {
  constructor(private readonly thumbnails: ThumbnailService) {}

  @Get(':id/thumbnail')
  @ApiOperation({
    operationId: 'getThumbnail',
    summary: 'Get a small upright copy of an image, without its metadata',
  })
  @AnswersBytes(['image/webp'], [400, 404, 422])
  async get(
    @TenantId() tenantId: string,
    @Param('id') id: string,
    @Query({ schema: thumbnailQuerySchema }) query: z.output<typeof thumbnailQuerySchema>,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const bytes = await this.thumbnails.read(tenantId, id, query);
    await reply
      .header('content-type', 'image/webp')
      .header('cache-control', `private, max-age=${WEEK_SECONDS}, immutable`)
      .header('cross-origin-resource-policy', 'same-origin')
      .header('content-security-policy', "default-src 'none'; sandbox")
      .send(Buffer.from(bytes));
  }
}
