import { readLine, textOf } from './read-line.js';
import { countTokens, type TextTokenizer } from './tokenise-example.js';
import type { TrainingExample } from './training-example.js';

export interface LineLimits {
  readonly tokenizer: TextTokenizer & { readonly imageId: number };
  readonly textTokens: number;
  /** Tokens that can be learned: ids below it. */
  readonly vocabularySize: number;
}

/** Of a file at `path`. Throws `Error` with what is wrong, for people. */
export function parseLine(path: string, line: string): TrainingExample {
  const { image, values } = readLine(path, line);
  return { image, prefix: textOf(values, 'prefix'), suffix: textOf(values, 'suffix') };
}

/** Labels of an example whose text can be learned. Throws `Error` with what is wrong, for people. */
export function checkText(
  { prefix, suffix }: TrainingExample,
  { tokenizer, textTokens, vocabularySize }: LineLimits,
): number {
  if (suffix.trim() === '') throw new Error('its "suffix", the answer to learn, is empty');
  mustHaveNoControls({ prefix, suffix });
  mustBeCodes(suffix);
  const ids = [...tokenizer.encode(prefix), ...tokenizer.encode(suffix)];
  if (ids.includes(tokenizer.imageId)) throw new Error('its text contains "<image>"');
  const beyond = ids.find((id) => id >= vocabularySize);
  if (beyond !== undefined)
    throw new Error(`its text has token ${beyond}, which the model has no row for`);
  const counts = countTokens(tokenizer, { prefix, suffix });
  const total = counts.prefix + counts.suffix;
  if (total > textTokens + 1) {
    throw new Error(
      `its text takes ${total} tokens, and ${textTokens + 1} fit: shorten it, or raise the text tokens`,
    );
  }
  return counts.suffix;
}

/** What begins, ends and pads a text is put there by the training; in the text it would be taken for that. */
function mustHaveNoControls(texts: Readonly<Record<'prefix' | 'suffix', string>>): void {
  for (const [field, text] of Object.entries(texts)) {
    const [token] = /<(?:bos|eos|pad)>/.exec(text) ?? [];
    if (token !== undefined)
      throw new Error(`its "${field}" contains ${token}, which the training sets itself`);
  }
}

/** `<loc0000>` to `<loc1023>`, `<seg000>` to `<seg127>`. */
function mustBeCodes(text: string): void {
  for (const [code, kind, digits] of text.matchAll(/<(loc|seg)([^<>]*)>/g)) {
    const [length, count] = kind === 'loc' ? [4, 1024] : [3, 128];
    const isRight = new RegExp(`^\\d{${length}}$`).test(digits!) && Number(digits) < count!;
    if (!isRight)
      throw new Error(
        `${code} is no token: ${kind} runs from 0 to ${count! - 1}, with ${length} digits`,
      );
  }
}
