import { CsvReader, type CsvRecord } from './csv-records.js';
import { lineError, readLine, type LineRules, type ReadLine } from './manifest-line.js';
import { textLines, type TextLine } from './text-lines.js';

export type ManifestFormat = 'jsonl' | 'csv';

/** The lines of a manifest, read and judged, some together as they come; blank ones are none. */
export async function* readManifest(
  source: AsyncIterable<Uint8Array>,
  format: ManifestFormat,
  rules: LineRules,
): AsyncGenerator<ReadLine[]> {
  const csv = format === 'csv' ? new CsvManifest(rules) : undefined;
  for await (const lines of textLines(source)) {
    yield csv === undefined ? lines.flatMap((line) => readJson(line, rules)) : csv.add(lines);
  }
  if (csv !== undefined) yield csv.end();
}

/** Output: none for a blank line. */
export function readJson({ line, text }: TextLine, rules: LineRules): ReadLine[] {
  if (text === undefined) return [unreadable(line)];
  if (text.trim() === '') return [];
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return [{ error: lineError(line, 'manifest.invalid_line', 'It is not valid JSON.') }];
  }
  return [readLine(line, value, rules)];
}

const unreadable = (
  line: number,
  what = 'It is no UTF-8, or longer than 65,536 bytes.',
): ReadLine => ({
  error: lineError(line, 'manifest.unreadable_line', what),
});

const JSON_COLUMNS = new Set(['task', 'tasks', 'metadata']);
const METADATA = /^metadata\.(.+)$/;

/** The first record names the columns, which are the fields of a line; `metadata.KEY` is one pair of its metadata. */
class CsvManifest {
  readonly #reader = new CsvReader();
  #columns: readonly string[] | undefined;

  constructor(private readonly rules: LineRules) {}

  add(lines: readonly TextLine[]): ReadLine[] {
    return this.#readAll(this.#reader.add(lines));
  }

  end(): ReadLine[] {
    return this.#readAll(this.#reader.end());
  }

  #readAll(records: readonly CsvRecord[]): ReadLine[] {
    return records.flatMap((record) => this.#read(record) ?? []);
  }

  #read({ line, fields }: CsvRecord): ReadLine | undefined {
    if (fields === undefined) {
      return unreadable(
        line,
        'It is no UTF-8, longer than 65,536 bytes, or its quotes do not fit.',
      );
    }
    if (this.#columns === undefined) {
      this.#columns = fields.map((field) => field.trim());
      return undefined;
    }
    if (fields.length > this.#columns.length) {
      const detail = `It has ${fields.length} fields, the first line names ${this.#columns.length}.`;
      return { error: lineError(line, 'manifest.invalid_line', detail) };
    }
    return readLine(line, valueOf(this.#columns, fields), this.rules);
  }
}

/** Empty fields are not there. */
function valueOf(columns: readonly string[], fields: readonly string[]): Record<string, unknown> {
  const value: Record<string, unknown> = {};
  const metadata: Record<string, string> = {};
  for (const [at, field] of fields.entries()) {
    const column = columns[at] ?? '';
    const [, key] = METADATA.exec(column) ?? [];
    if (field === '') continue;
    if (key !== undefined) metadata[key] = field;
    else value[column] = JSON_COLUMNS.has(column) ? jsonOf(field) : field;
  }
  return Object.keys(metadata).length === 0 ? value : { ...value, metadata };
}

function jsonOf(field: string): unknown {
  try {
    return JSON.parse(field);
  } catch {
    return field;
  }
}
