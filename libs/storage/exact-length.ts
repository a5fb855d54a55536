import { Transform } from 'node:stream';
import { AppError } from '#contracts';

export const lengthMismatch = (expected: number, received: number): AppError =>
  new AppError(
    'storage.length_mismatch',
    `The body has ${received} bytes or more where ${expected} were announced; nothing was stored.`,
    { context: { expected, received } },
  );

/** Passes bytes on and fails, before its end, unless there are exactly `expected`. */
export function exactLength(expected: number): Transform {
  let received = 0;
  return new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      received += chunk.byteLength;
      if (received > expected) done(lengthMismatch(expected, received));
      else done(null, chunk);
    },
    flush(done) {
      done(received === expected ? null : lengthMismatch(expected, received));
    },
  });
}
