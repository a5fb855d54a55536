import { z } from 'zod';

/** Fields of every request that lets us into somebody's bucket; where in it is a field of its own. */
export const bucketAccess = {
  region: z
    .string()
    .regex(/^[a-z0-9-]{1,32}$/)
    .default('us-east-1'),
  endpoint: z.string().max(2048).optional().describe('Of a server that is not AWS'),
  access_key_id: z.string().min(1).max(256),
  secret_access_key: z.string().min(1).max(1024).describe('Kept sealed until it has ended'),
  session_token: z.string().min(1).max(4096).optional(),
};
