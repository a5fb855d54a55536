import { z } from 'zod';
import { idSchema } from './identifier.js';
import { pageOf, timestamp } from './page.js';
import { scopeSchema } from './scope.js';

const scopesSchema = z
  .array(scopeSchema)
  .min(1)
  .max(3)
  .refine((scopes) => new Set(scopes).size === scopes.length, 'each scope once');

const nameSchema = z.string().trim().min(1).max(120);

export const createKeySchema = z
  .strictObject({
    name: nameSchema.describe('What it is for, as lists show it'),
    scopes: scopesSchema
      .default(['read', 'write'])
      .describe(
        '`read` for every GET, `write` for everything else; `operate` besides for what concerns all tenants, which only a key that has it can give',
      ),
    expires_at: timestamp
      .refine((text) => Date.parse(text) > Date.now(), 'must be a time to come')
      .optional()
      .describe('From then on it is refused; never when absent'),
  })
  .meta({ id: 'CreateApiKey' });
export type CreateKey = z.output<typeof createKeySchema>;

/** An API key of a tenant, as it is told apart; the key itself is shown once, when it is made. */
export const keySchema = z
  .object({
    object: z.literal('api_key'),
    id: idSchema('key'),
    name: z.string(),
    hint: z.string().describe('First characters of the key'),
    scopes: z.array(scopeSchema),
    created_at: timestamp,
    expires_at: timestamp.nullable(),
    revoked_at: timestamp.nullable(),
    last_used_at: timestamp.nullable().describe('To a minute'),
    key: z.string().optional().describe('The key; only in the answer that made it'),
  })
  .meta({ id: 'ApiKey' });
export type Key = z.infer<typeof keySchema>;

export const keyPageSchema = pageOf('ApiKeyPage', keySchema);
export type KeyPage = z.infer<typeof keyPageSchema>;

/** For the operator: `POST /internal/tenants`. */
export const createTenantSchema = z.strictObject({
  name: nameSchema,
  /** Share of the accelerators when several tenants wait; 2 gets twice what 1 gets. */
  weight: z.int().min(1).max(1000).default(1),
  /** Its first key may operate: for a tenant of the operator's own. */
  operate: z.boolean().default(false),
});
export type CreateTenant = z.output<typeof createTenantSchema>;

export const tenantSchema = z.object({
  object: z.literal('tenant'),
  id: idSchema('tenant'),
  name: z.string(),
  weight: z.int(),
  created_at: timestamp,
  key: keySchema.optional().describe('Its first key; only in the answer that made it'),
});
export type Tenant = z.infer<typeof tenantSchema>;
