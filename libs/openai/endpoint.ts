import { z } from 'zod';

/** Requests of a batch are of one kind. */
export const batchEndpointSchema = z.enum(['/v1/chat/completions', '/v1/responses']);
export type BatchEndpoint = z.infer<typeof batchEndpointSchema>;
