import type { Tokenizer } from './tokenizer.js';

/** Ids of PaliGemma's location and mask tokens, by their number. */
export interface CodeTokens {
  /** `<loc0000>` to `<loc1023>` */
  readonly locations: readonly number[];
  /** `<seg000>` to `<seg127>` */
  readonly segments: readonly number[];
}

/** Undefined when the tokenizer lacks one of them, or when one of them has no row in the weights. */
export function findCodeTokens(
  tokenizer: Tokenizer,
  vocabularySize: number,
): CodeTokens | undefined {
  const ids = (name: string, digits: number, count: number) =>
    Array.from({ length: count }, (_, code) =>
      tokenizer.find(`<${name}${String(code).padStart(digits, '0')}>`),
    );
  const locations = ids('loc', 4, 1024);
  const segments = ids('seg', 3, 128);
  const isUsable = (id: number | undefined): id is number =>
    id !== undefined && id < vocabularySize;
  if (!locations.every(isUsable) || !segments.every(isUsable)) return undefined;
  return { locations, segments };
}
