import { createReadStream } from 'node:fs';
import type { LineKind, LineSize } from './line-kind.js';
import { PictureChecks } from './picture-checks.js';
import { findPictureFault } from './picture-fault.js';

const NEWLINE = 0x0a;
/** Lines that wait for what is said of their pictures. */
const LINES_AHEAD = 256;

/** A line and its place in the file, in bytes. */
export interface CheckedLine {
  /** From 1. */
  readonly line: number;
  readonly offset: number;
  readonly length: number;
  readonly found: FoundLine | { readonly reason: string };
}

export interface FoundLine {
  readonly image: string;
  readonly size: LineSize;
}

/**
 * In the order of the file, each with what it takes or why it cannot be learned from; empty lines are none, but count.
 * Errors: those of reading the file.
 */
export async function* checkedLines<Line extends { readonly image: string }>(
  path: string,
  kind: LineKind<Line>,
): AsyncGenerator<CheckedLine> {
  const pictures = new PictureChecks(findPictureFault);
  const ahead: Promise<CheckedLine>[] = [];
  let line = 0;
  for await (const { offset, bytes } of linesOf(path)) {
    line++;
    const text = bytes.toString('utf8');
    if (text.trim() === '') continue;
    const place = { line, offset, length: bytes.length };
    ahead.push(checkLine(path, text, kind, pictures).then((found) => ({ ...place, found })));
    if (ahead.length === LINES_AHEAD) yield await ahead.shift()!;
  }
  for (const last of ahead) yield await last;
}

async function checkLine<Line extends { readonly image: string }>(
  path: string,
  text: string,
  kind: LineKind<Line>,
  pictures: PictureChecks,
): Promise<CheckedLine['found']> {
  try {
    const line = kind.parse(path, text);
    const size = kind.measure(line);
    const reason = await pictures.faultOf(line.image);
    return reason === undefined ? { image: line.image, size } : { reason };
  } catch (error) {
    return { reason: (error as Error).message };
  }
}

async function* linesOf(path: string): AsyncGenerator<{ offset: number; bytes: Buffer }> {
  let rest: Buffer = Buffer.alloc(0);
  let offset = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    let pending = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (let end = pending.indexOf(NEWLINE); end !== -1; end = pending.indexOf(NEWLINE)) {
      yield { offset, bytes: pending.subarray(0, end) };
      offset += end + 1;
      pending = pending.subarray(end + 1);
    }
    rest = pending;
  }
  if (rest.length > 0) yield { offset, bytes: rest };
}
