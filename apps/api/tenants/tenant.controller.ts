import { Body, Controller, Get, Inject, Post, Query } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import {
  createTenantSchema,
  newUuid,
  pageQuerySchema,
  publicId,
  type CreateTenant,
  type PageQuery,
  type Scope,
  type Tenant,
} from '#contracts';
import { createTenant, listTenants, type TenantRecord } from '#database';
import { Internal } from '../auth/internal.js';
import { newKey } from '../keys/new-key.js';
import { decodeCursor, toPage, UUID_CURSOR, type Page } from '../page/page.js';
import { API_PARTS, type ApiParts } from '../parts.js';

/** Whom the operator lets in: a tenant with its first key, with which it makes the others. */
@ApiExcludeController()
@Internal()
@Controller('internal/tenants')
export class TenantController {
  constructor(@Inject(API_PARTS) private readonly parts: ApiParts) {}

  @Post()
  create(
    @Body({ schema: createTenantSchema }) { operate, ...body }: CreateTenant,
  ): Promise<Tenant> {
    const scopes: Scope[] = ['read', 'write', ...(operate ? (['operate'] as const) : [])];
    return this.parts.database.transaction(async (tx) => {
      const tenant = await createTenant(tx, { id: newUuid(), ...body });
      const key = await newKey(tx, tenant.id, { name: 'first', scopes });
      return { ...viewTenant(tenant), key };
    });
  }

  @Get()
  async list(
    @Query({ schema: pageQuerySchema }) { limit, cursor }: PageQuery,
  ): Promise<Page<Tenant>> {
    const page = { limit: limit + 1, before: decodeCursor(cursor, UUID_CURSOR) };
    const tenants = await listTenants(this.parts.database, page);
    return toPage(tenants, limit, ({ id }) => id, viewTenant);
  }
}

const viewTenant = (tenant: TenantRecord): Tenant => ({
  object: 'tenant',
  id: publicId('tenant', tenant.id),
  name: tenant.name,
  weight: tenant.weight,
  created_at: tenant.createdAt.toISOString(),
});
