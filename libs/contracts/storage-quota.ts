import type { JobQuota } from './job-quota.js';

/** How much a tenant may keep. */
export interface StorageQuota {
  /** Of pictures, each content once however often it was sent, and of files. */
  readonly storedBytes: number;
  /** Of all sets together: a picture that is in two sets counts in both. */
  readonly images: number;
  readonly imageSets: number;
}

/** All that is bounded for a tenant. */
export interface TenantQuota extends JobQuota, StorageQuota {}

/** For whoever has no tenants to hold apart. */
export const NO_STORAGE_QUOTA: StorageQuota = Object.freeze({
  storedBytes: Number.POSITIVE_INFINITY,
  images: Number.POSITIVE_INFINITY,
  imageSets: Number.POSITIVE_INFINITY,
});
