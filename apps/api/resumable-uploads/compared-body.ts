import { createHash } from 'node:crypto';
import { Transform } from 'node:stream';
import { AppError } from '#contracts';
import { youngCollection } from '#intake';

/**
 * Passes bytes on and fails, before its end, unless they are as many and have this MD5 (base64).
 * Errors: `upload.wrong_length`, `upload.wrong_checksum`.
 */
export function comparedBody(bytes: number, md5: string): Transform {
  const hash = createHash('md5');
  let received = 0;
  return new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      received += chunk.byteLength;
      if (received > bytes) return done(wrongLength(bytes, received));
      hash.update(chunk);
      youngCollection.read(chunk.byteLength);
      done(null, chunk);
    },
    flush(done) {
      if (received !== bytes) done(wrongLength(bytes, received));
      else done(hash.digest('base64') === md5 ? null : wrongChecksum());
    },
  });
}

const wrongLength = (expected: number, received: number): AppError =>
  new AppError(
    'upload.wrong_length',
    `The part has ${expected} bytes, and ${received} or more came. Send it again.`,
  );

const wrongChecksum = (): AppError =>
  new AppError(
    'upload.wrong_checksum',
    'The part that came is not the one that was announced: its MD5 differs. Send it again.',
  );
