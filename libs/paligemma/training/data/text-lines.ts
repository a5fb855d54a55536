import { checkText, parseLine, type LineLimits } from './check-line.js';
import type { LineKind } from './line-kind.js';
import { countTokens } from './tokenise-example.js';
import type { TrainingExample } from './training-example.js';

/** Lines `{"image","prefix","suffix"}`, up to `pack` of them about one picture behind one encoding. */
export function textLines(limits: LineLimits, pack: number): LineKind<TrainingExample> {
  return {
    pack,
    textTokens: limits.textTokens,
    parse: parseLine,
    measure: (line) => {
      const labels = checkText(line, limits);
      const { prefix, suffix } = countTokens(limits.tokenizer, line);
      // The last token is never an input.
      return { tokens: prefix + suffix - 1, labels: [labels] };
    },
  };
}
