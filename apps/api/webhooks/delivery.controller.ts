import { Body, Controller, Get, Headers, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import {
  recoverWebhookSchema,
  webhookDeliveryLogSchema,
  webhookDeliveryPageSchema,
  webhookDeliveryQuerySchema,
  webhookDeliverySchema,
  webhookRecoverySchema,
  type RecoverWebhook,
  type WebhookDelivery,
  type WebhookDeliveryLog,
  type WebhookDeliveryPage,
  type WebhookRecovery,
} from '#contracts';
import { TenantId } from '../auth/tenant-id.js';
import { Answers, IdempotencyHeader } from '../openapi/decorators.js';
import { DeliveryService } from './delivery.service.js';

@ApiTags('Webhooks')
@Controller('v1/webhooks/:id')
export class DeliveryController {
  constructor(private readonly deliveries: DeliveryService) {}

  @Post('test')
  @HttpCode(202)
  @ApiOperation({ operationId: 'testWebhook', summary: 'Send a `webhook.test` event' })
  @IdempotencyHeader()
  @Answers(202, webhookDeliverySchema, [400, 404, 409, 422])
  async test(
    @TenantId() tenantId: string,
    @Param('id') id: string,
    @Headers('idempotency-key') key: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<WebhookDelivery> {
    const { response, replayed } = await this.deliveries.test(tenantId, id, key);
    if (replayed) void reply.header('idempotent-replayed', 'true');
    return response;
  }

  @Post('recover')
  @HttpCode(202)
  @ApiOperation({
    operationId: 'recoverWebhook',
    summary: 'Send every event since a time that the webhook has not acknowledged',
    description: 'Also those from before it existed or while it was off; events are kept 30 days.',
  })
  @Answers(202, webhookRecoverySchema, [400, 404, 409])
  recover(
    @TenantId() tenantId: string,
    @Param('id') id: string,
    @Body({ schema: recoverWebhookSchema }) body: RecoverWebhook,
  ): Promise<WebhookRecovery> {
    return this.deliveries.recover(tenantId, id, body);
  }

  @Get('deliveries')
  @ApiOperation({
    operationId: 'listWebhookDeliveries',
    summary: 'List what was sent to a webhook, newest first',
  })
  @Answers(200, webhookDeliveryPageSchema, [400, 404])
  list(
    @TenantId() tenantId: string,
    @Param('id') id: string,
    @Query({ schema: webhookDeliveryQuerySchema })
    query: z.output<typeof webhookDeliveryQuerySchema>,
  ): Promise<WebhookDeliveryPage> {
    return this.deliveries.list(tenantId, id, query);
  }

  @Get('deliveries/:delivery')
  @ApiOperation({
    operationId: 'getWebhookDelivery',
    summary: 'Get a delivery with every attempt: request, answer, error',
  })
  @Answers(200, webhookDeliveryLogSchema, [404])
  get(
    @TenantId() tenantId: string,
    @Param('id') id: string,
    @Param('delivery') delivery: string,
  ): Promise<WebhookDeliveryLog> {
    return this.deliveries.get(tenantId, id, delivery);
  }

  @Post('deliveries/:delivery/resend')
  @HttpCode(202)
  @ApiOperation({
    operationId: 'resendWebhookDelivery',
    summary: 'Send an event again, under the same id, whatever came of it',
  })
  @Answers(202, webhookDeliverySchema, [404, 409])
  resend(
    @TenantId() tenantId: string,
    @Param('id') id: string,
    @Param('delivery') delivery: string,
  ): Promise<WebhookDelivery> {
    return this.deliveries.resend(tenantId, id, delivery);
  }
}
