import { randomBytes } from 'node:crypto';
import { AppError } from '#contracts';

const PREFIX = 'whsec_';
/** What Standard Webhooks asks for: 24 to 64 random bytes. */
const FEWEST_BYTES = 24;
const MOST_BYTES = 64;
const NEW_BYTES = 32;

/** A new symmetric secret, as receivers' libraries take it. */
export const createWebhookSecret = (): string => PREFIX + randomBytes(NEW_BYTES).toString('base64');

/** Errors: `webhook.bad_secret`; the secret itself is in no message. */
export function secretBytes(secret: string): Buffer {
  const base64 = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : '';
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length >= FEWEST_BYTES && bytes.length <= MOST_BYTES) return bytes;
  throw new AppError(
    'webhook.bad_secret',
    'A webhook secret is whsec_ and 24 to 64 bytes in base64, as it was shown at creation.',
  );
}
