import { createHmac, timingSafeEqual } from 'node:crypto';

/** What the holder of a URL may send. */
export interface SignedPart {
  readonly uploadId: string;
  readonly n: number;
  /** Base64. */
  readonly md5: string;
  /** Seconds since 1970. */
  readonly expires: number;
}

/** For the query of a URL of this API, which needs no key then. */
export const signPart = (secret: Buffer, { uploadId, n, md5, expires }: SignedPart): string =>
  createHmac('sha256', secret)
    .update(JSON.stringify([uploadId, n, md5, expires]))
    .digest('base64url');

export function isSigned(secret: Buffer, part: SignedPart, signature: string, now: Date): boolean {
  const [wanted, given] = [Buffer.from(signPart(secret, part)), Buffer.from(signature)];
  return (
    wanted.length === given.length &&
    timingSafeEqual(wanted, given) &&
    part.expires * 1_000 > now.getTime()
  );
}
