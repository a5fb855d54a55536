/** What a store, or a proxy before it, may make of an answer with a small picture in it. Undefined: nothing to spoil. */
export type Spoil = (chunk: Buffer) => Buffer | undefined;

const PNG = Buffer.from('\x89PNG', 'latin1');
const LENGTH = /content-length: (\d+)/i;

/** One byte of the picture is another one; length and headers are right. */
export const otherByte: Spoil = (chunk) => {
  if (!chunk.includes(PNG)) return undefined;
  const wrong = Buffer.from(chunk);
  wrong[wrong.length - 1]! ^= 1;
  return wrong;
};

/** `Content-Length` says one byte less than come: whoever believes it has a shorter picture, and all of it. */
export const lessAnnounced: Spoil = (chunk) => announce(chunk, -1);

/** Fewer bytes, and a length that fits them. */
export const shortened: Spoil = (chunk) =>
  chunk.includes(PNG) ? announce(chunk, -1)?.subarray(0, -1) : undefined;

/** More is announced than ever comes; the connection has to end, or it would be waited for. */
export const moreAnnounced: Spoil = (chunk) => announce(chunk, 7);

function announce(chunk: Buffer, more: number): Buffer | undefined {
  // Latin1 keeps every byte as it is.
  const text = chunk.toString('latin1');
  const said = LENGTH.exec(text)?.[1];
  if (!text.startsWith('HTTP/1.1 200') || said === undefined) return undefined;
  return Buffer.from(text.replace(LENGTH, `content-length: ${Number(said) + more}`), 'latin1');
}
