/** Longest line of a manifest, bytes; a longer one is passed over, and refused. */
export const LONGEST_LINE_BYTES = 65_536;

export interface TextLine {
  /** From 1. */
  readonly line: number;
  /** Without its end; undefined when it is too long or no UTF-8. */
  readonly text: string | undefined;
  /** Bytes of the whole up to here, its end included. */
  readonly end: number;
}

/** Between two lines. */
export interface LinePlace {
  /** Lines before it. */
  readonly line: number;
  readonly bytes: number;
}

export const FIRST_PLACE: LinePlace = { line: 0, bytes: 0 };

const NEWLINE = 0x0a;
const BOM = '\uFEFF';

/**
 * The lines of a text as they come, those of a chunk together; at any moment one chunk and one line are held.
 * Input: its bytes from a place on.
 */
export async function* textLines(
  source: AsyncIterable<Uint8Array>,
  from: LinePlace = FIRST_PLACE,
): AsyncGenerator<TextLine[]> {
  const cutter = new LineCutter(from);
  for await (const chunk of source) {
    const lines = cutter.add(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    if (lines.length > 0) yield lines;
  }
  const last = cutter.end();
  if (last !== undefined) yield [last];
}

class LineCutter {
  #line: number;
  /** Of the whole, before the chunk that is being cut. */
  #before: number;
  /** The beginning of a line whose end has not come. */
  #parts: Buffer[] = [];
  #bytes = 0;

  constructor({ line, bytes }: LinePlace) {
    this.#line = line;
    this.#before = bytes;
  }

  add(chunk: Buffer): TextLine[] {
    const lines: TextLine[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      this.#keep(chunk.subarray(start, end));
      lines.push(this.#cut(this.#before + end + 1));
      start = end + 1;
    }
    this.#keep(chunk.subarray(start));
    this.#before += chunk.byteLength;
    return lines;
  }

  end(): TextLine | undefined {
    return this.#bytes === 0 ? undefined : this.#cut(this.#before);
  }

  #keep(part: Buffer): void {
    this.#bytes += part.byteLength;
    if (part.byteLength === 0) return;
    if (this.#bytes <= LONGEST_LINE_BYTES) this.#parts.push(part);
    else this.#parts = [];
  }

  #cut(end: number): TextLine {
    this.#line += 1;
    const isTooLong = this.#bytes > LONGEST_LINE_BYTES;
    const [first] = this.#parts;
    const whole = this.#parts.length === 1 && first ? first : Buffer.concat(this.#parts);
    this.#parts = [];
    this.#bytes = 0;
    const text = isTooLong ? undefined : textOf(whole, this.#line === 1);
    return { line: this.#line, text, end };
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function textOf(bytes: Buffer, isFirst: boolean): string | undefined {
  try {
    const text = utf8.decode(bytes);
    const plain = isFirst && text.startsWith(BOM) ? text.slice(1) : text;
    return plain.endsWith('\r') ? plain.slice(0, -1) : plain;
  } catch {
    return undefined;
  }
}
