import { sniffImageFormat, type ImageFormat } from '#contracts';

/** Why a file is no image of the set. */
export interface Refusal {
  readonly code: string;
  readonly detail: string;
}

export const refusal = (code: string, detail: string): Refusal => ({ code, detail });

export type Judged = { readonly format: ImageFormat } | { readonly refused: Refusal };

/** Input: the first bytes of a file. Output: its format, or why it is refused. */
export function judgeImage(head: Uint8Array): Judged {
  const sniffed = sniffImageFormat(head);
  if ('format' in sniffed) return sniffed;
  return { refused: refusal(`image.${sniffed.refused}`, sniffed.message) };
}

export const imageTooLarge = (limit: number): Refusal =>
  refusal(
    'image.too_large',
    `The file has more than ${limit} bytes. Send a smaller version, or raise MAX_IMAGE_BYTES.`,
  );
