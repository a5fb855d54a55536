import type { ExportFormat, ExportSource } from '../export-format.js';
import { jsonLine } from '../text/json.js';

/** Everything that is known of every item, as the API lists it. Nothing is lost. */
export const jsonl: ExportFormat = {
  name: 'jsonl',
  extension: 'jsonl',
  mediaType: 'application/x-ndjson',
  async *files(source) {
    yield { path: 'results.jsonl', content: lines(source) };
  },
};

async function* lines(source: ExportSource): AsyncGenerator<string> {
  for await (const item of source.results()) yield jsonLine(item);
}
