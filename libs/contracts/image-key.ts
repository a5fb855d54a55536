/**
 * Where the object store keeps an image's bytes: once per tenant, by content. The api writes there and the
 * worker reads there. Made of our ids only. `tenantId` is a UUID, `sha256` is lower-case hex.
 */
export function imageKey(tenantId: string, sha256: string): string {
  return `t/${tenantId}/images/${sha256}`;
}
