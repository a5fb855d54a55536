/** The unique index of images holds the name: a Postgres index row has room for this much. */
const MAX_BYTES = 2_048;
const MAX_CHARACTERS = 1_024;

/** Control characters, and those that turn the direction of text: both make a name look like another. */
const INVISIBLE = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

/**
 * The name of a file as its set keeps it: the client's own text, relative path and all, without what
 * cannot be shown. It is a label only; nothing is ever read from or written to a path made of it.
 */
export function cleanFileName(text: string | undefined): string {
  const visible = (text ?? '').toWellFormed().normalize('NFC').replace(INVISIBLE, '').trim();
  return cut(visible) || 'unnamed';
}

function cut(text: string): string {
  let kept = '';
  let bytes = 0;
  let characters = 0;
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    characters += 1;
    if (bytes > MAX_BYTES || characters > MAX_CHARACTERS) break;
    kept += character;
  }
  return kept;
}
