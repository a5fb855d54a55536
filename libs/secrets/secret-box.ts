import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { AppError } from '#contracts';
import { readKey } from './secrets-key.js';

const IV_BYTES = 12;
const TAG_BYTES = 16;
const KEY_ID_BYTES = 4;
const FORM = 'sealed1.';
/** Characters of a sealed text that the id of its key decides alone: 30 of its 32 bits. */
const KEY_ID_CHARACTERS = 5;

interface Key {
  /** Tells which key sealed something, and nothing about it. */
  readonly id: Buffer;
  readonly bytes: Buffer;
}

/**
 * Seals what customers trust us with, with AES-256-GCM: `sealed1.` and, in base64url, the id of the key, a
 * nonce, the tag and the sealed text. `place` says whose it is and goes into the tag, so that a sealed text
 * that is moved to another row does not open there.
 */
export class SecretBox {
  readonly #keys: readonly Key[];

  /** Input: `SECRETS_KEY`; undefined for none, then nothing can be sealed. */
  constructor(keys: string | undefined) {
    this.#keys = (keys?.split(',') ?? []).map((text) => {
      const bytes = readKey(text);
      if (bytes === undefined) throw new Error('SECRETS_KEY holds no 32 bytes of base64');
      const id = createHash('sha256').update(bytes).digest().subarray(0, KEY_ID_BYTES);
      return { id, bytes };
    });
  }

  get canSeal(): boolean {
    return this.#keys.length > 0;
  }

  /** How texts begin that the first key has sealed; undefined without a key. */
  get newestForm(): string | undefined {
    const [key] = this.#keys;
    return key && `${FORM}${key.id.toString('base64url').slice(0, KEY_ID_CHARACTERS)}`;
  }

  /** Says nothing of whether it opens. */
  isSealed(text: string): boolean {
    return text.startsWith(FORM);
  }

  /** Errors: `secrets.no_key`. */
  seal(text: string, place: string): string {
    const [key] = this.#keys;
    if (key === undefined) {
      throw new AppError(
        'secrets.no_key',
        'This server keeps no credentials. Its operator can set SECRETS_KEY for the api and the dispatcher.',
      );
    }
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', key.bytes, iv).setAAD(Buffer.from(place));
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    const parts = [key.id, iv, cipher.getAuthTag(), sealed];
    return `${FORM}${Buffer.concat(parts).toString('base64url')}`;
  }

  /** Errors: `secrets.unreadable`: sealed by a key that is not here, for another place, or damaged. */
  open(sealed: string, place: string): string {
    try {
      return this.#open(sealed, place);
    } catch (cause) {
      throw new AppError(
        'secrets.unreadable',
        'A stored credential cannot be read. Does every process have the SECRETS_KEY that sealed it?',
        { cause },
      );
    }
  }

  #open(sealed: string, place: string): string {
    if (!sealed.startsWith(FORM)) throw new Error('not in the form of a sealed text');
    const encoded = sealed.slice(FORM.length);
    const bytes = Buffer.from(encoded, 'base64url');
    // The last character may have bits that say nothing: one text seals one way only.
    if (bytes.toString('base64url') !== encoded)
      throw new Error('not in the form of a sealed text');
    const cut = (start: number, length: number) => bytes.subarray(start, start + length);
    const key = this.#keys.find(({ id }) => id.equals(cut(0, KEY_ID_BYTES)));
    if (key === undefined) throw new Error('sealed by another key');
    const iv = cut(KEY_ID_BYTES, IV_BYTES);
    const tag = cut(KEY_ID_BYTES + IV_BYTES, TAG_BYTES);
    const options = { authTagLength: TAG_BYTES };
    const decipher = createDecipheriv('aes-256-gcm', key.bytes, iv, options)
      .setAAD(Buffer.from(place))
      .setAuthTag(tag);
    const text = decipher.update(bytes.subarray(KEY_ID_BYTES + IV_BYTES + TAG_BYTES));
    return Buffer.concat([text, decipher.final()]).toString('utf8');
  }
}
