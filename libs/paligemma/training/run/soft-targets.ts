import { join } from 'node:path';
import { AppError } from '#contracts';
import { MASK_DECODER } from '../../engine-folder/manifest.js';
import { readCodebook } from '../../output/mask/codebook.js';
import { findCodeTokens, type CodeTokens } from '../../tokenizer/code-tokens.js';
import type { Tokenizer } from '../../tokenizer/tokenizer.js';
import type { Recipe } from '../recipe.js';
import { codeTargets, locationTargets, type SoftKind } from '../step/soft-kinds.js';

/** The soft targets that a recipe asks for. Errors: `training.bad_recipe` when the base lacks what they need. */
export async function softTargets(
  base: string,
  tokenizer: Tokenizer,
  vocabularySize: number,
  { locationSpread, codeSpread }: Pick<Recipe, 'locationSpread' | 'codeSpread'>,
): Promise<SoftKind[]> {
  if (locationSpread === 0 && codeSpread === 0) return [];
  const codes = findCodeTokens(tokenizer, vocabularySize);
  if (codes === undefined) throw lacks('tokens <loc0000> to <loc1023> and <seg000> to <seg127>');
  const kinds: SoftKind[] = [];
  if (locationSpread > 0) kinds.push(locationTargets(firstOf(codes, 'locations'), locationSpread));
  if (codeSpread > 0) {
    const codebook = await readCodebook(join(base, MASK_DECODER)).catch((cause: unknown) => {
      throw lacks(`${MASK_DECODER} with a codebook (${(cause as Error).message})`);
    });
    const count = codes.segments.length;
    kinds.push(codeTargets(firstOf(codes, 'segments'), codebook, count, codeSpread));
  }
  return kinds;
}

/** Neighbours in meaning must be neighbours in the table. */
function firstOf(codes: CodeTokens, kind: keyof CodeTokens): number {
  const ids = codes[kind];
  if (ids.some((id, index) => id !== ids[0]! + index)) throw lacks(`${kind} in a row`);
  return ids[0]!;
}

function lacks(what: string): AppError {
  return new AppError(
    'training.bad_recipe',
    `Spread targets need a base with ${what}. Set locationSpread and codeSpread to 0, or take another base.`,
  );
}
