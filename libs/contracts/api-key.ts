import { randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

const PREFIX = 'plt_';
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** 30 base-62 characters carry 178 bits: nobody guesses them, and a plain SHA-256 keeps them safe at rest. */
const RANDOM_LENGTH = 30;
const SHAPE = /^plt_([0-9A-Za-z]{30})([0-9A-Za-z]{6})$/;

/** A new key: `plt_`, 30 random characters, 6 of checksum, so scanners know one and a typo costs no look-up. */
export function createApiKey(): string {
  const random = Array.from({ length: RANDOM_LENGTH }, () => DIGITS[randomInt(62)]).join('');
  return `${PREFIX}${random}${checksum(random)}`;
}

export function isWellFormedApiKey(text: string): boolean {
  const [, random, check] = SHAPE.exec(text) ?? [];
  return random !== undefined && checksum(random) === check;
}

/** CRC-32 as six base-62 digits, high digit first (62^6 > 2^32). */
function checksum(text: string): string {
  let rest = crc32(text);
  let digits = '';
  for (let place = 0; place < 6; place++) {
    digits = DIGITS[rest % 62] + digits;
    rest = Math.floor(rest / 62);
  }
  return digits;
}
