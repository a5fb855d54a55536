import { AppError } from '#contracts';
import type { Checkpoint } from '../checkpoint/checkpoint.js';
import type { Tokenizer } from './tokenizer.js';

/**
 * Tokens that can be chosen. `<image>` is the last of the vocabulary; the table's rows from there on are padding.
 * Errors: `checkpoint.unsupported` when tokenizer and weights are not of one checkpoint.
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
  if (tokenizer.imageId > embeddingRows) {
    throw mismatch(
      `tokenizer.json has ${tokenizer.imageId} tokens before <image>, the weights have rows for ${embeddingRows}`,
    );
  }
  return Math.min(embeddingRows, tokenizer.imageId);
}

function mismatch(problem: string): AppError {
  return new AppError('checkpoint.unsupported', `${problem}. Use files of one checkpoint.`, {
    context: { problem },
  });
}
