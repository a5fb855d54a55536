/** ASCII's punctuation, which SQuAD's script removes, and that of other scripts. */
const PUNCTUATION = /[\p{P}$+<=>^`|~]/gu;

/** Words of a text, in lower case and without punctuation. A script without blanks is one word. */
export function wordsOf(text: string): string[] {
  return text
    .toLowerCase()
    .replaceAll(PUNCTUATION, '')
    .split(/\s+/)
    .filter((word) => word !== '');
}
