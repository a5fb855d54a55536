export interface Part {
  /** From 1. */
  readonly n: number;
  readonly body: Buffer;
  readonly isLast: boolean;
}

/** The same bytes in parts of `partBytes`, the last one maybe shorter; of nothing, one empty part. Holds one part. */
export async function* inParts(
  content: AsyncIterable<Uint8Array>,
  partBytes: number,
): AsyncGenerator<Part> {
  let n = 1;
  let body = Buffer.allocUnsafe(partBytes);
  let filled = 0;
  for await (const chunk of content) {
    for (let at = 0; at < chunk.byteLength;) {
      if (filled === partBytes) {
        // Only now it is sure that it is not the last.
        yield { n, body, isLast: false };
        n += 1;
        body = Buffer.allocUnsafe(partBytes);
        filled = 0;
      }
      const piece = chunk.subarray(at, at + partBytes - filled);
      body.set(piece, filled);
      filled += piece.byteLength;
      at += piece.byteLength;
    }
  }
  yield { n, body: body.subarray(0, filled), isLast: true };
}
