import { fileURLToPath } from 'node:url';
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { z } from 'zod';
import { AppError } from '#contracts';
import { FolderObjectStore } from './folder-object-store.js';
import type { ObjectStore } from './object-store.js';
import { silenceNodeVersionWarning } from './sdk-warning.js';
import { S3ObjectStore } from './s3-object-store.js';

export interface S3Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

const flag = z.enum(['true', 'false']).transform((text) => text === 'true');
const s3Parameters = z.strictObject({
  region: z.string().min(1).default('us-east-1'),
  endpoint: z.url({ protocol: /^https?$/ }).optional(),
  // Under which clients reach what we reach as `endpoint`: the host of the URLs that they are given.
  publicEndpoint: z.url({ protocol: /^https?$/ }).optional(),
  forcePathStyle: flag.default(false),
  // Servers that are not AWS store the trailers of `when_supported` inside the object, or refuse them.
  checksums: z.enum(['when_required', 'when_supported']).default('when_required'),
});

/**
 * `file:///path` or `s3://bucket/prefix?region=&endpoint=&forcePathStyle=true&checksums=when_supported&publicEndpoint=`.
 * Without `credentials` the AWS SDK looks where it always does: environment, profile, instance role.
 * Errors: `storage.url`.
 */
export function openObjectStore(url: string, credentials?: S3Credentials): ObjectStore {
  const address = URL.canParse(url) ? new URL(url) : undefined;
  if (address?.protocol === 'file:' && address.hostname === '') {
    return new FolderObjectStore(fileURLToPath(address));
  }
  if (address?.protocol === 's3:' && address.hostname !== '') return openS3(address, credentials);
  throw new AppError(
    'storage.url',
    'The address of the object store must be file:///path or s3://bucket/prefix.',
  );
}

function openS3(address: URL, credentials: S3Credentials | undefined): ObjectStore {
  const parsed = s3Parameters.safeParse(Object.fromEntries(address.searchParams));
  if (!parsed.success) {
    throw new AppError(
      'storage.url',
      `The address of the object store is wrong:\n${z.prettifyError(parsed.error)}`,
    );
  }
  const { region, endpoint, publicEndpoint, forcePathStyle, checksums } = parsed.data;
  const prefix = decodeURIComponent(address.pathname).replace(/^\/+|\/+$/g, '');
  const checksum = checksums === 'when_required' ? 'WHEN_REQUIRED' : 'WHEN_SUPPORTED';
  silenceNodeVersionWarning();
  const settings: S3ClientConfig = {
    region,
    forcePathStyle,
    credentials,
    maxAttempts: 4,
    requestChecksumCalculation: checksum,
    responseChecksumValidation: checksum,
    requestHandler: {
      connectionTimeout: 5_000,
      requestTimeout: 60_000,
      throwOnRequestTimeout: true,
      socketTimeout: 60_000,
    },
  };
  const client = new S3Client({ ...settings, endpoint });
  // Signs only, and never connects.
  const signer = publicEndpoint && new S3Client({ ...settings, endpoint: publicEndpoint });
  const below = prefix === '' ? '' : `${prefix}/`;
  return new S3ObjectStore(client, address.hostname, below, signer || client);
}
