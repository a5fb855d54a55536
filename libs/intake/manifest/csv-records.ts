import { LONGEST_LINE_BYTES, type TextLine } from './text-lines.js';

export interface CsvRecord {
  /** Where it begins. */
  readonly line: number;
  /** Undefined when it cannot be read: too long, no UTF-8, or quotes that do not fit. */
  readonly fields: readonly string[] | undefined;
}

/**
 * Records of CSV as RFC 4180 has it: commas, quotes where needed, a quote in quotes doubled; a quoted field
 * may go over lines. Blank lines are no records.
 */
export class CsvReader {
  /** A record whose last quotes are open, with the line that it began on. */
  #open: { line: number; text: string } | undefined;

  add(lines: readonly TextLine[]): CsvRecord[] {
    return lines.flatMap((line) => this.#read(line) ?? []);
  }

  end(): CsvRecord[] {
    const open = this.#open;
    this.#open = undefined;
    return open === undefined ? [] : [{ line: open.line, fields: undefined }];
  }

  #read({ line, text }: TextLine): CsvRecord | undefined {
    const begin = this.#open?.line ?? line;
    if (text === undefined) return this.#unreadable(begin);
    if (this.#open === undefined && text.trim() === '') return undefined;
    const whole = this.#open === undefined ? text : `${this.#open.text}\n${text}`;
    if (whole.length > LONGEST_LINE_BYTES) return this.#unreadable(begin);
    const fields = splitRecord(whole);
    this.#open = fields === 'open' ? { line: begin, text: whole } : undefined;
    return fields === 'open' ? undefined : { line: begin, fields };
  }

  #unreadable(line: number): CsvRecord {
    this.#open = undefined;
    return { line, fields: undefined };
  }
}

const QUOTED = /"((?:[^"]|"")*)"(?=,|$)/y;
const PLAIN = /[^",]*(?=,|$)/y;

/** Output: `open` when its last quotes have no end yet; undefined when it is no record. */
function splitRecord(text: string): string[] | 'open' | undefined {
  const fields: string[] = [];
  for (let at = 0; ;) {
    const isQuoted = text[at] === '"';
    const pattern = isQuoted ? QUOTED : PLAIN;
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found === null) return isQuoted && isUnclosed(text, at) ? 'open' : undefined;
    fields.push(isQuoted ? (found[1] ?? '').replaceAll('""', '"') : found[0]);
    at = pattern.lastIndex;
    if (at >= text.length) return fields;
    at += 1;
  }
}

/** Whether quotes that open at `at` do not end: an even number of quotes after the first one. */
function isUnclosed(text: string, at: number): boolean {
  let count = 0;
  for (let next = text.indexOf('"', at + 1); next >= 0; next = text.indexOf('"', next + 1))
    count += 1;
  return count % 2 === 0;
}
