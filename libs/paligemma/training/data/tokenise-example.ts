import { stripEnd } from '../../prompt/task-prompt.js';
import type { TokenisedExample } from './training-example.js';

/** What tokenising a text for training needs of a tokenizer. */
export interface TextTokenizer {
  readonly bosId: number;
  readonly eosId: number;
  encode(text: string): readonly number[];
}

/** Tokens that an example takes: `<bos>`, prefix, newline, suffix, `<eos>`. */
export function countTokens(
  tokenizer: TextTokenizer,
  { prefix, suffix }: { readonly prefix: string; readonly suffix: string },
): { readonly prefix: number; readonly suffix: number } {
  const { head, tail } = parts(tokenizer, prefix, suffix);
  return { prefix: head.length, suffix: tail.length };
}

/**
 * text = `<bos>` + prefix + newline, then suffix + `<eos>`; mask_ar and mask_loss are 1 from the suffix on; padded to
 * textTokens + 1 with text 0, mask_ar 1, mask_loss 0, mask_input 0. The prefix is what the engine asks with.
 * Source: big_vision, `configs/proj/paligemma/transfers/common.py` (combine_and_keep_train).
 */
export function tokeniseExample(
  tokenizer: TextTokenizer,
  { prefix, suffix }: { readonly prefix: string; readonly suffix: string },
  textTokens: number,
): TokenisedExample {
  const { head, tail } = parts(tokenizer, prefix, suffix);
  const length = textTokens + 1;
  const text = head.length + tail.length;
  if (text > length) {
    throw new RangeError(`${text} tokens do not fit into ${length}: the data was not checked`);
  }
  const row = (inHead: number, inTail: number, behind: number): Uint8Array => {
    const values = new Uint8Array(length).fill(behind);
    values.fill(inHead, 0, head.length);
    return values.fill(inTail, head.length, text);
  };
  const tokens = new Int32Array(length);
  tokens.set(head);
  tokens.set(tail, head.length);
  return { tokens, maskAr: row(0, 1, 1), maskLoss: row(0, 1, 0), maskInput: row(1, 1, 0) };
}

function parts(
  tokenizer: TextTokenizer,
  prefix: string,
  suffix: string,
): { readonly head: readonly number[]; readonly tail: readonly number[] } {
  return {
    head: [tokenizer.bosId, ...tokenizer.encode(`${stripEnd(prefix)}\n`)],
    tail: [...tokenizer.encode(suffix), tokenizer.eosId],
  };
}
