import { startFauxqs, type FauxqsServer } from 'fauxqs';
import { afterAll, beforeAll } from 'vitest';

export interface S3ForTests {
  /** Of a bucket that exists; add a path to it for a prefix of one's own. */
  url(prefix?: string): string;
  endpoint(): string;
  bucket: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
}

/** An S3 server inside this process, so it cannot outlive it. It checks no signatures. */
export function useS3(): S3ForTests {
  let server: FauxqsServer | undefined;
  const bucket = 'pallet-test';
  const endpoint = (): string => {
    if (server === undefined) throw new Error('call this inside a test or a hook');
    return `http://127.0.0.1:${server.port}`;
  };
  beforeAll(async () => {
    server = await startFauxqs({ port: 0, host: '127.0.0.1', logger: false });
    server.createBucket(bucket);
  });
  afterAll(async () => {
    await server?.stop();
  });
  return {
    bucket,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    endpoint,
    url: (prefix = '') =>
      `s3://${bucket}/${prefix}?region=us-east-1&endpoint=${encodeURIComponent(endpoint())}&forcePathStyle=true`,
  };
}
