import { z } from 'zod';
import { timestamp } from './page.js';
import { scopeSchema } from './scope.js';

/** How long a browser stays signed in, seconds: a week. */
export const SESSION_SECONDS = 7 * 24 * 60 * 60;

export const createSessionSchema = z
  .strictObject({ api_key: z.string().min(1).max(200) })
  .meta({ id: 'CreateSession' });
export type CreateSession = z.infer<typeof createSessionSchema>;

/** Who asks: the API key behind a request, or behind the session of a browser. */
export const sessionSchema = z
  .object({
    object: z.literal('session'),
    tenant: z.object({ name: z.string() }),
    key: z.object({ name: z.string(), hint: z.string().describe('First characters of the key') }),
    scopes: z.array(scopeSchema),
    expires_at: timestamp.nullable().describe('null for a request that carries its key itself'),
  })
  .meta({ id: 'Session' });
export type Session = z.infer<typeof sessionSchema>;
