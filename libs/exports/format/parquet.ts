import { ByteWriter, ParquetWriter, schemaFromColumnData } from 'hyparquet-writer';
import type { ExportFormat, ExportSource } from '../export-format.js';
import { FLAT_COLUMNS, flatRows, type FlatColumn, type FlatRow } from './flat-row.js';

const GROUP_ROWS = 20_000;
/** Raw text and run lengths may be long: a group ends early, so that memory stays flat. */
const GROUP_CHARACTERS = 8_000_000;
const COLUMNS = Object.entries(FLAT_COLUMNS) as [FlatColumn, (typeof FLAT_COLUMNS)[FlatColumn]][];

/** The rows of the CSV with types, packed with Snappy. Every column may be null. */
export const parquet: ExportFormat = {
  name: 'parquet',
  extension: 'parquet',
  mediaType: 'application/vnd.apache.parquet',
  async *files(source) {
    yield { path: 'results.parquet', content: write(source) };
  },
};

async function* write(source: ExportSource): AsyncGenerator<Uint8Array> {
  const writer = new ByteWriter();
  const schema = schemaFromColumnData({ columnData: columnsOf([]) });
  const file = new ParquetWriter({ writer, schema, createdBy: 'pallet' });
  for await (const rows of groups(flatRows(source))) {
    await file.write({ columnData: columnsOf(rows), rowGroupSize: rows.length });
    yield taken(writer);
  }
  await file.finish();
  yield taken(writer);
}

const columnsOf = (rows: readonly FlatRow[]) =>
  COLUMNS.map(([name, type]) => ({
    name,
    type,
    nullable: true,
    data: rows.map((row) => row[name]),
  }));

/** What was written since the last time. Places in the file are counted apart, by `writer.offset`. */
function taken(writer: ByteWriter): Uint8Array {
  const bytes = writer.getBytes().slice();
  writer.index = 0;
  return bytes;
}

async function* groups(rows: AsyncIterable<FlatRow>): AsyncGenerator<FlatRow[]> {
  let group: FlatRow[] = [];
  let characters = 0;
  for await (const row of rows) {
    group.push(row);
    for (const value of Object.values(row))
      if (typeof value === 'string') characters += value.length;
    if (group.length < GROUP_ROWS && characters < GROUP_CHARACTERS) continue;
    yield group;
    group = [];
    characters = 0;
  }
  if (group.length > 0) yield group;
}
