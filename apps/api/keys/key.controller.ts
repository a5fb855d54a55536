import { Body, Controller, Delete, Get, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  createKeySchema,
  keyPageSchema,
  keySchema,
  notFound,
  pageQuerySchema,
  requireUuid,
  type CreateKey,
  type Key,
  type KeyPage,
  type PageQuery,
} from '#contracts';
import { listTenantKeys, revokeTenantKey } from '#database';
import { requireScope } from '../auth/auth.guard.js';
import { Identity, type RequestIdentity } from '../auth/identity.js';
import { TenantId } from '../auth/tenant-id.js';
import { Answers } from '../openapi/decorators.js';
import { decodeCursor, toPage, UUID_CURSOR } from '../page/page.js';
import { API_PARTS, type ApiParts } from '../parts.js';
import { newKey, viewKey } from './new-key.js';

@ApiTags('API keys')
@Controller('v1/api-keys')
export class KeyController {
  constructor(@Inject(API_PARTS) private readonly parts: ApiParts) {}

  @Post()
  @ApiOperation({
    operationId: 'createKey',
    summary: 'Make an API key of your own tenant; it is shown this once',
    description:
      'There is no idempotency key here, for it would keep the answer, and so the key. One that got lost on the way is revoked.',
  })
  @Answers(201, keySchema, [400, 403, 409])
  create(
    @TenantId() tenantId: string,
    @Identity() { key }: RequestIdentity,
    @Body({ schema: createKeySchema }) body: CreateKey,
  ): Promise<Key> {
    // Else whoever may write could let itself see all tenants.
    if (body.scopes.includes('operate')) requireScope(key.scopes, 'operate');
    return this.parts.database.transaction((tx) => newKey(tx, tenantId, body));
  }

  @Get()
  @ApiOperation({
    operationId: 'listKeys',
    summary: 'List API keys, newest first, revoked ones too',
  })
  @Answers(200, keyPageSchema, [400])
  async list(
    @TenantId() tenantId: string,
    @Query({ schema: pageQuerySchema }) { limit, cursor }: PageQuery,
  ): Promise<KeyPage> {
    const page = { limit: limit + 1, before: decodeCursor(cursor, UUID_CURSOR) };
    const keys = await listTenantKeys(this.parts.database, tenantId, page);
    return toPage(keys, limit, ({ id }) => id, viewKey);
  }

  @Delete(':id')
  @ApiOperation({
    operationId: 'revokeKey',
    summary: 'Revoke an API key, and the sessions that were opened with it',
  })
  @Answers(200, keySchema, [404, 409])
  async revoke(@TenantId() tenantId: string, @Param('id') id: string): Promise<Key> {
    const uuid = requireUuid('key', id);
    const { database } = this.parts;
    const key = await database.transaction((tx) => revokeTenantKey(tx, tenantId, uuid));
    if (key === undefined) throw notFound('key', id);
    return viewKey(key);
  }
}
