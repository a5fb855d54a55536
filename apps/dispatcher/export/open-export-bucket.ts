import type { HeldExport } from '#database';
import { bucketObject } from '#intake';
import type { CustomerBucket } from '#storage';
import { openCustomerBucket } from '../bucket/open-customer-bucket.js';
import type { ExportParts } from './export-parts.js';

/** Times that one request is sent: what was made so far is in memory, and would have to be made again. */
const ATTEMPTS = 4;

/** The caller closes it. Errors: `outgoing.*`, `secrets.unreadable`. */
export function openExportBucket(
  { guard, secrets, limits }: Pick<ExportParts, 'guard' | 'secrets' | 'limits'>,
  held: HeldExport,
): CustomerBucket {
  const tools = { guard, secrets, timeoutMs: limits.timeoutMs, attempts: ATTEMPTS };
  const { bucket } = bucketObject(held.object);
  return openCustomerBucket(tools, `export ${held.id}`, { bucket, ...held.bucket });
}
