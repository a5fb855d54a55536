const CHUNK_BYTES = 65_536;

/** The same bytes in pieces of 64 KiB or more: a line at a time costs more in streams than in work. */
export async function* inChunks(
  content: AsyncIterable<string | Uint8Array>,
): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of content) {
    const buffer = toBuffer(part);
    parts.push(buffer);
    bytes += buffer.length;
    if (bytes < CHUNK_BYTES) continue;
    yield Buffer.concat(parts);
    parts = [];
    bytes = 0;
  }
  if (bytes > 0) yield Buffer.concat(parts);
}

export const toBuffer = (part: string | Uint8Array): Buffer =>
  typeof part === 'string'
    ? Buffer.from(part)
    : Buffer.from(part.buffer, part.byteOffset, part.byteLength);
