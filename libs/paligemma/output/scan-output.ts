/** A piece of what the model wrote: a run of neighbouring `<locDDDD>` or `<segDDD>` tokens, or text. */
export type OutputPiece =
  | { readonly kind: 'locations'; readonly values: readonly number[] }
  | { readonly kind: 'segments'; readonly values: readonly number[] }
  | { readonly kind: 'text'; readonly text: string };

const CODE_TOKEN = /<(?:loc([0-9]{4})|seg([0-9]{3}))>/g;

/** Splits any text; joined in order the pieces give all of it back. Linear in its length. */
export function scanOutput(raw: string): OutputPiece[] {
  const pieces: OutputPiece[] = [];
  let run: { kind: 'locations' | 'segments'; values: number[] } | undefined;
  let end = 0;
  for (const match of raw.matchAll(CODE_TOKEN)) {
    if (match.index > end) {
      pieces.push({ kind: 'text', text: raw.slice(end, match.index) });
      run = undefined;
    }
    const kind = match[1] === undefined ? 'segments' : 'locations';
    if (run?.kind !== kind) pieces.push((run = { kind, values: [] }));
    run.values.push(Number(match[1] ?? match[2]));
    end = match.index + match[0].length;
  }
  if (end < raw.length) pieces.push({ kind: 'text', text: raw.slice(end) });
  return pieces;
}

/** What is left for a person to read: no code tokens, and no gaps where they were. */
export function readableText(raw: string): string {
  const without = raw.replace(CODE_TOKEN, '');
  return (without === raw ? raw : without.replace(/[ \t]+/g, ' ')).trim();
}
