import { AppError } from '#contracts';
import type { Checkpoint } from '../checkpoint/checkpoint.js';
import type { Tokenizer } from './tokenizer.js';

/** More rows without a token than any rounding up leaves: the tokenizer is a smaller model's. */
const TOO_MANY_SPARE_ROWS = 1024;

/**
 * Tokens that can be chosen. `<image>` is the last of the vocabulary; the table's rows from there on are padding.
 * Errors: `checkpoint.unsupported` when tokenizer and weights are not of one checkpoint: another `<image>`, too few or
 * far too many rows, location and mask tokens that are missing or not in a row.
 */
export function vocabularySize(
  { config, embeddingRows }: Pick<Checkpoint, 'config' | 'embeddingRows'>,
  tokenizer: Tokenizer,
): number {
  const { imageTokenId } = config;
  if (imageTokenId !== undefined && imageTokenId !== tokenizer.imageId) {
    throw mismatch(
      `config.json says that <image> is token ${imageTokenId}, tokenizer.json says ${tokenizer.imageId}`,
    );
  }
  const highest = tokenizer.highestTextId();
  const tokens = Math.max(tokenizer.imageId, highest + 1);
  if (tokens > embeddingRows || embeddingRows - tokens >= TOO_MANY_SPARE_ROWS) {
    throw mismatch(
      `tokenizer.json has ${tokens} tokens, the weights have rows for ${embeddingRows}`,
    );
  }
  mustBeInARow(tokenizer, 'loc', 4, 1024);
  mustBeInARow(tokenizer, 'seg', 3, 128);
  return tokenizer.imageId;
}

/** `<loc0000>` to `<loc1023>` and `<seg000>` to `<seg127>` have ids that rise by one, below `<image>`, in every PaliGemma. */
function mustBeInARow(tokenizer: Tokenizer, name: string, digits: number, count: number): void {
  const first = tokenizer.find(`<${name}${'0'.repeat(digits)}>`) ?? NaN;
  for (let code = 0; code < count; code++) {
    const token = `<${name}${String(code).padStart(digits, '0')}>`;
    const id = tokenizer.find(token);
    if (id === undefined) throw mismatch(`tokenizer.json has no token ${token}`);
    if (id !== first + code || id >= tokenizer.imageId) {
      throw mismatch(`tokenizer.json has ${token} as token ${id}, out of its row`);
    }
  }
}

function mismatch(problem: string): AppError {
  return new AppError('checkpoint.unsupported', `${problem}. Use files of one checkpoint.`, {
    context: { problem },
  });
}
