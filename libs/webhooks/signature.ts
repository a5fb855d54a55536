import { createHmac, timingSafeEqual } from 'node:crypto';
import { secretBytes } from './secret.js';

/** Of Standard Webhooks 1.0, all three signed or signing. */
export interface SignatureHeaders extends Record<string, string> {
  'webhook-id': string;
  'webhook-timestamp': string;
  'webhook-signature': string;
}

/** How far a receiver's clock may be off, as the libraries have it. */
const TOLERANCE_SECONDS = 300;

/**
 * Input: the exact bytes sent (writing the JSON again could change them), the moment of this attempt, and
 * every secret that is valid now: during a rotation the receiver finds one that it knows.
 */
export function signWebhook(
  secrets: readonly string[],
  id: string,
  sentAtMs: number,
  body: string,
): SignatureHeaders {
  const timestamp = `${Math.floor(sentAtMs / 1000)}`;
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': secrets
      .map((secret) => `v1,${sign(secret, id, timestamp, body).toString('base64')}`)
      .join(' '),
  };
}

/** Output: whether one of the signatures is of that secret, and fresh. For `pallet webhooks listen`. */
export function isWebhookSigned(
  secret: string,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  body: string,
  nowMs: number,
): boolean {
  const [id, timestamp, signatures] = ['id', 'timestamp', 'signature'].map(
    (name) => headers[`webhook-${name}`],
  );
  if (typeof id !== 'string' || typeof timestamp !== 'string') return false;
  if (typeof signatures !== 'string' || !/^\d{1,12}$/.test(timestamp)) return false;
  if (Math.abs(nowMs / 1000 - Number(timestamp)) > TOLERANCE_SECONDS) return false;
  const expected = sign(secret, id, timestamp, body);
  return signatures.split(' ').some((signature) => {
    const [version, value = ''] = signature.split(',');
    const given = Buffer.from(value, 'base64');
    return version === 'v1' && given.length === expected.length && timingSafeEqual(given, expected);
  });
}

const sign = (secret: string, id: string, timestamp: string, body: string): Buffer =>
  createHmac('sha256', secretBytes(secret)).update(`${id}.${timestamp}.${body}`).digest();
