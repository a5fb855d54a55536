/**
 * Where the object store keeps an image's bytes: once per tenant, by content. The api writes there and the
 * worker reads there. Made of our ids only. `tenantId` is a UUID, `sha256` is lower-case hex.
 */
export function imageKey(tenantId: string, sha256: string): string {
  return `t/${tenantId}/images/${sha256}`;
}

/** Below which the parts of an upload are kept until it has ended. Ends in a slash. */
export function uploadPrefix(tenantId: string, uploadId: string): string {
  return `t/${tenantId}/uploads/${uploadId}/`;
}

/** `n` from 0; keys sort as numbers do. */
export function uploadPartKey(tenantId: string, uploadId: string, n: number): string {
  return uploadPrefix(tenantId, uploadId) + String(n).padStart(6, '0');
}
