import type { LineRules, ReadLine } from './manifest-line.js';
import { readJson } from './read-manifest.js';
import { textLines, type LinePlace } from './text-lines.js';

export interface ManifestPage {
  readonly lines: readonly ReadLine[];
  /** Where the next page begins. */
  readonly next: LinePlace;
  /** Nothing comes after it. */
  readonly isLast: boolean;
}

/**
 * Some lines of a manifest of JSONL, so many at most, blank ones counted. Input: its bytes from `from` on; they are not
 * read further than that takes. Errors: those of the source.
 */
export async function readManifestPage(
  source: AsyncIterable<Uint8Array>,
  from: LinePlace,
  rules: LineRules,
  mostLines: number,
): Promise<ManifestPage> {
  const lines: ReadLine[] = [];
  let next = from;
  for await (const some of textLines(source, from)) {
    for (const line of some) {
      if (line.line > from.line + mostLines) return { lines, next, isLast: false };
      lines.push(...readJson(line, rules));
      next = { line: line.line, bytes: line.end };
    }
  }
  return { lines, next, isLast: true };
}
