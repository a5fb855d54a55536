import { AppError } from '#contracts';
import { stripEnd } from './task-prompt.js';

export interface PromptLayout {
  /** Image tokens per picture: (image size / patch size) squared. */
  imageTokens: number;
  imageTokenId: number;
  bosTokenId: number;
  /** Text to ids, adding no special tokens of its own. */
  encode: (text: string) => ArrayLike<number>;
}

/**
 * Token ids of a whole prefix: image tokens, `<bos>`, the prompt, a newline. All of them see each other.
 * The image ids only mark positions, which projected image features replace; their embeddings are never read.
 *
 * Throws `prompt.image_token` when the text itself spells an image token: it would claim a picture that is not there.
 */
export function layoutPrompt(prompt: string, layout: PromptLayout): number[] {
  const text = Array.from(layout.encode(`${stripEnd(prompt)}\n`));
  if (text.includes(layout.imageTokenId)) {
    throw new AppError(
      'prompt.image_token',
      'The prompt contains "<image>", which stands for the picture itself. Remove it: the picture is added for you.',
    );
  }
  const image = Array.from({ length: layout.imageTokens }, () => layout.imageTokenId);
  return [...image, layout.bosTokenId, ...text];
}
