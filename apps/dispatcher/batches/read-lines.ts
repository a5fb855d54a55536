const NEWLINE = 0x0a;

export interface InputLine {
  /** Undefined: the line was longer than allowed, and was let go. */
  readonly text: string | undefined;
  /** From 1. */
  readonly number: number;
  /** Bytes of the input up to its end. */
  readonly end: number;
}

/**
 * The lines of a text that comes in pieces; at any moment one line is held, `mostBytes` of it at most.
 *
 * Input: the text from a line's beginning on, and where that is. Output: lines without their end, in order.
 */
export async function* readLines(
  pieces: AsyncIterable<Uint8Array>,
  from: { readonly bytes: number; readonly lines: number },
  mostBytes: number,
): AsyncGenerator<InputLine> {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  let { bytes: end, lines: number } = from;
  const take = (part: Uint8Array): void => {
    heldBytes += part.byteLength;
    end += part.byteLength;
    if (heldBytes > mostBytes) held = [];
    else held.push(part);
  };
  const finish = (): InputLine => {
    const text = heldBytes > mostBytes ? undefined : Buffer.concat(held).toString('utf8');
    held = [];
    heldBytes = 0;
    number += 1;
    // A byte order mark is no part of the text.
    return { text: number === 1 ? text?.replace(/^\uFEFF/, '') : text, number, end };
  };
  for await (const piece of pieces) {
    let at = 0;
    for (let next; (next = piece.indexOf(NEWLINE, at)) !== -1; at = next + 1) {
      take(piece.subarray(at, next));
      end += 1;
      yield finish();
    }
    if (at < piece.byteLength) take(piece.subarray(at));
  }
  if (heldBytes > 0) yield finish();
}
