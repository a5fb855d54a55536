import { z } from 'zod';

/**
 * What travels through the queue: an offer of one shard to whichever worker takes it first. It is stale
 * as soon as the shard has a newer generation, and then claims nothing.
 */
export const shardTicketSchema = z.object({
  /** No `:`, which separates the parts of a key in Redis. */
  shardId: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  generation: z.int().min(0),
});
export type ShardTicket = Readonly<z.infer<typeof shardTicketSchema>>;
