import { z } from 'zod';
import type { OutgoingGuard } from '#outgoing';
import type { SecretBox } from '#secrets';
import { CustomerBucket } from '#storage';

const credentialsSchema = z.object({
  accessKeyId: z.string(),
  secretAccessKey: z.string(),
  sessionToken: z.string().optional(),
});

export interface BucketTools {
  readonly guard: OutgoingGuard;
  readonly secrets: SecretBox;
  /** For one request, the body included. */
  readonly timeoutMs: number;
  readonly attempts?: number;
}

export interface SealedBucket {
  readonly bucket: string;
  readonly region: string;
  readonly endpoint: string | null;
  readonly credentials: string;
}

/**
 * A customer's bucket, behind the guard. Input: the place that its credentials were sealed for. The caller closes it.
 * Errors: `outgoing.*`, `secrets.unreadable`.
 */
export function openCustomerBucket(
  { guard, secrets, timeoutMs, attempts }: BucketTools,
  place: string,
  { bucket, region, endpoint, credentials }: SealedBucket,
): CustomerBucket {
  // An address that is written out is never resolved, so the look-up alone would let it through.
  if (endpoint !== null) guard.checkUrl(endpoint);
  const opened: unknown = JSON.parse(secrets.open(credentials, place));
  return new CustomerBucket({
    bucket,
    region,
    endpoint: endpoint ?? undefined,
    credentials: credentialsSchema.parse(opened),
    lookup: guard.lookup,
    timeoutMs,
    attempts,
  });
}
