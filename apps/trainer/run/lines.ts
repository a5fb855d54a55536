import { AppError } from '#contracts';

/** A line may hold an image of its own, as a data: URL. */
const LONGEST_LINE = 64 * 2 ** 20;
const LINE_FEED = 0x0a;

/**
 * The lines of a file as they come, without their ends; an empty last one is none. Memory holds one line.
 * Errors: `training.bad_data` for a line of more than 64 MiB; those of the source.
 */
export async function* readLines(source: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let parts: Uint8Array[] = [];
  let held = 0;
  for await (const chunk of source) {
    let from = 0;
    for (let at = chunk.indexOf(LINE_FEED); at !== -1; at = chunk.indexOf(LINE_FEED, from)) {
      yield textOf([...parts, chunk.subarray(from, at)]);
      parts = [];
      held = 0;
      from = at + 1;
    }
    // Copied: the stream may use its buffer again.
    parts.push(Uint8Array.from(chunk.subarray(from)));
    held += chunk.length - from;
    if (held > LONGEST_LINE) {
      throw new AppError('training.bad_data', 'A line has more than 64 MiB. Is the file JSONL?');
    }
  }
  if (held > 0) yield textOf(parts);
}

const textOf = (parts: readonly Uint8Array[]): string =>
  Buffer.concat(parts).toString('utf8').replace(/\r$/, '');
