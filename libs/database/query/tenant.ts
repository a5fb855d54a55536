import type { Queryable } from '../database.js';

export interface TenantRecord {
  readonly id: string;
  readonly name: string;
  readonly weight: number;
  readonly createdAt: Date;
}

interface TenantRow extends TenantRecord, Record<string, unknown> {}

const COLUMNS = 'id, name, weight, created_at AS "createdAt"';

/** Output: a tenant of its own, whatever others are called. */
export async function createTenant(
  db: Queryable,
  tenant: { readonly id: string; readonly name: string; readonly weight: number },
): Promise<TenantRecord> {
  const [row] = await db.query<TenantRow>(
    `INSERT INTO tenants (id, name, weight) VALUES ($1, $2, $3) RETURNING ${COLUMNS}`,
    [tenant.id, tenant.name, tenant.weight],
  );
  return row!;
}

/** Newest first. */
export function listTenants(
  db: Queryable,
  page: { limit: number; before?: string },
): Promise<TenantRecord[]> {
  return db.query<TenantRow>(
    `SELECT ${COLUMNS} FROM tenants WHERE ($1::uuid IS NULL OR id < $1) ORDER BY id DESC LIMIT $2`,
    [page.before ?? null, page.limit],
  );
}
