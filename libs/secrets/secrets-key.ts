import { randomBytes } from 'node:crypto';

const KEY_BYTES = 32;

/** `SECRETS_KEY`: 32 random bytes in base64. */
export const newSecretsKey = (): string => randomBytes(KEY_BYTES).toString('base64');

/** One key, or several with commas between them: the first seals, all open. */
export const isWellFormedSecretsKey = (text: string): boolean =>
  text.split(',').every((one) => readKey(one) !== undefined);

/** Output: undefined when it is none. */
export function readKey(text: string): Buffer | undefined {
  const bytes = Buffer.from(text.trim(), 'base64');
  return bytes.byteLength === KEY_BYTES && bytes.toString('base64') === text.trim()
    ? bytes
    : undefined;
}
