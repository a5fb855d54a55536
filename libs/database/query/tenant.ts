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

/**
 * What is counted of a tenant is counted by one transaction after the other: none passes here until this one ends.
 * Leaves the foreign keys of others' inserts alone, which take a weaker lock.
 */
export async function lockTenant(tx: Queryable, tenantId: string): Promise<void> {
  await tx.query('SELECT FROM tenants WHERE id = $1 FOR NO KEY UPDATE', [tenantId]);
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
