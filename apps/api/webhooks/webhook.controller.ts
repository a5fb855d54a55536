import {
  Body,
  Controller,
  Delete,
  Get,
  Headers,
  HttpCode,
  Param,
  Patch,
  Post,
  Query,
  Res,
} from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import {
  createWebhookSchema,
  rotateWebhookSchema,
  updateWebhookSchema,
  webhookPageSchema,
  webhookQuerySchema,
  webhookSchema,
  type CreateWebhook,
  type RotateWebhook,
  type UpdateWebhook,
  type Webhook,
  type WebhookPage,
} from '#contracts';
import { TenantId } from '../auth/tenant-id.js';
import { Answers, IdempotencyHeader } from '../openapi/decorators.js';
import { problemResponse } from '../openapi/problem-response.js';
import { WebhookService } from './webhook.service.js';

@ApiTags('Webhooks')
@Controller('v1/webhooks')
export class WebhookController {
  constructor(private readonly webhooks: WebhookService) {}

  @Post()
  @ApiOperation({
    operationId: 'createWebhook',
    summary: 'Register an address that is told of events; its secret is shown this once',
  })
  @IdempotencyHeader()
  @Answers(201, webhookSchema, [400, 409, 422])
  async create(
    @TenantId() tenantId: string,
    @Body({ schema: createWebhookSchema }) body: CreateWebhook,
    @Headers('idempotency-key') key: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Webhook> {
    const { response, replayed } = await this.webhooks.create(tenantId, body, key);
    void reply.header('location', `/v1/webhooks/${response.id}`);
    if (replayed) void reply.header('idempotent-replayed', 'true');
    return response;
  }

  @Get()
  @ApiOperation({ operationId: 'listWebhooks', summary: 'List webhooks, newest first' })
  @Answers(200, webhookPageSchema, [400, 404])
  list(
    @TenantId() tenantId: string,
    @Query({ schema: webhookQuerySchema }) query: z.output<typeof webhookQuerySchema>,
  ): Promise<WebhookPage> {
    return this.webhooks.list(tenantId, query);
  }

  @Get(':id')
  @ApiOperation({ operationId: 'getWebhook', summary: 'Get a webhook' })
  @Answers(200, webhookSchema, [404])
  get(@TenantId() tenantId: string, @Param('id') id: string): Promise<Webhook> {
    return this.webhooks.get(tenantId, id);
  }

  @Patch(':id')
  @ApiOperation({
    operationId: 'updateWebhook',
    summary: 'Change a webhook, switch it off or on again',
  })
  @Answers(200, webhookSchema, [400, 404, 422])
  update(
    @TenantId() tenantId: string,
    @Param('id') id: string,
    @Body({ schema: updateWebhookSchema }) body: UpdateWebhook,
  ): Promise<Webhook> {
    return this.webhooks.update(tenantId, id, body);
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({
    operationId: 'deleteWebhook',
    summary: 'Remove a webhook with its log; nothing is sent to it any more',
  })
  @ApiResponse({ status: 204, description: 'No Content' })
  @ApiResponse({ status: 404, ...problemResponse(404) })
  remove(@TenantId() tenantId: string, @Param('id') id: string): Promise<void> {
    return this.webhooks.remove(tenantId, id);
  }

  @Post(':id/rotate')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'rotateWebhookSecret',
    summary: 'Give a webhook its next secret, shown this once',
    description: 'Deliveries carry signatures of both secrets until the overlap ends.',
  })
  @IdempotencyHeader()
  @Answers(200, webhookSchema, [400, 404, 409, 422])
  async rotate(
    @TenantId() tenantId: string,
    @Param('id') id: string,
    @Body({ schema: rotateWebhookSchema }) body: RotateWebhook,
    @Headers('idempotency-key') key: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Webhook> {
    const { response, replayed } = await this.webhooks.rotate(tenantId, id, body, key);
    if (replayed) void reply.header('idempotent-replayed', 'true');
    return response;
  }
}
