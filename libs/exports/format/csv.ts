import type { ExportFormat, ExportSource } from '../export-format.js';
import { csvLine } from '../text/csv.js';
import { FLAT_COLUMNS, flatRows, type FlatColumn } from './flat-row.js';

/** RFC 4180, UTF-8 without a byte order mark, a header line. */
export const csv: ExportFormat = {
  name: 'csv',
  extension: 'csv',
  mediaType: 'text/csv; charset=utf-8; header=present',
  async *files(source) {
    yield { path: 'results.csv', content: lines(source) };
  },
};

async function* lines(source: ExportSource): AsyncGenerator<string> {
  const columns = Object.keys(FLAT_COLUMNS) as FlatColumn[];
  yield csvLine(columns);
  for await (const row of flatRows(source)) yield csvLine(columns.map((column) => row[column]));
}
