import { createBucketImportSchema, type CreateBucketImport } from '#contracts';
import { setImportBucket, type ImportRecord } from '#database';
import { parseBucketUri, parseObjectUri } from '#intake';
import type { OutgoingGuard } from '#outgoing';
import type { SecretBox } from '#secrets';
import type { ApiParts } from '../parts.js';
import { RequestInvalidError } from '../problem/request-invalid.js';
import { openImport } from './open-import.js';

/** Input: a JSON body. Errors: `request.invalid`, `bucket.bad_uri`, `outgoing.*`; no value is repeated. */
export function readBucketOrder(body: unknown, guard: OutgoingGuard): CreateBucketImport {
  const parsed = createBucketImportSchema.safeParse(body);
  if (!parsed.success) throw RequestInvalidError.from(parsed.error.issues);
  if (parsed.data.manifest) parseObjectUri(parsed.data.uri);
  else parseBucketUri(parsed.data.uri);
  if (parsed.data.endpoint !== undefined) guard.checkUrl(parsed.data.endpoint);
  return parsed.data;
}

/**
 * Output: an import whose bucket the dispatcher lists; its credentials are sealed for it alone.
 * Errors: those of `openImport`; `secrets.no_key`.
 */
export function orderBucketImport(
  parts: ApiParts,
  secrets: SecretBox,
  target: { tenantId: string; setId: string },
  order: CreateBucketImport,
): Promise<ImportRecord> {
  const { uri, region, endpoint = null, name = null, manifest: isManifest } = order;
  const credentials = JSON.stringify({
    accessKeyId: order.access_key_id,
    secretAccessKey: order.secret_access_key,
    sessionToken: order.session_token,
  });
  return parts.database.transaction(async (tx) => {
    const { tenantId, setId } = target;
    const record = await openImport(tx, tenantId, setId, { name, source: 'bucket' });
    const sealed = secrets.seal(credentials, `import ${record.id}`);
    await setImportBucket(tx, record.id, {
      uri,
      region,
      endpoint,
      credentials: sealed,
      isManifest,
    });
    return record;
  });
}
