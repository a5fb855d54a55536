import { z } from 'zod';

/** `read` for every GET, `write` for everything else, `operate` besides for what concerns all tenants. */
export const scopeSchema = z.enum(['read', 'write', 'operate']);
export type Scope = z.infer<typeof scopeSchema>;

export const SCOPES = scopeSchema.options;
