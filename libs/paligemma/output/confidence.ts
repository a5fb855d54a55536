/** One generated token: its own text (empty for `<eos>`) and the natural log of its probability. */
export interface GeneratedToken {
  readonly text: string;
  readonly logProbability: number;
}

/**
 * exp of the mean log-probability: the geometric mean of the token probabilities, so that long
 * answers are not less certain for being long. 0 without tokens: nothing speaks for the answer.
 */
export function confidenceOf(logProbabilities: readonly number[]): number {
  if (logProbabilities.length === 0) return 0;
  const mean = logProbabilities.reduce((sum, value) => sum + value, 0) / logProbabilities.length;
  return Number.isNaN(mean) ? 0 : Math.min(Math.exp(mean), 1);
}

const CODE = /^<(loc[0-9]{4}|seg[0-9]{3})>$/;
const SEPARATOR = /^\s*;?\s*$/;

/**
 * For the n-th `<loc>` token of an answer: the log-probabilities that make the confidence of a box
 * starting there. These are its four locations and the tokens of its label, up to the next location.
 *
 * Separators are left out (nearly certain, they would flatter short labels), and so are mask codes:
 * sixteen of them would drown the box. They are matched by counting code tokens, not by character
 * offsets, because pieces of a multi-byte character have no text of their own.
 */
export function boxLogProbabilities(tokens: readonly GeneratedToken[]): (nth: number) => number[] {
  const locations = tokens.flatMap((token, i) =>
    CODE.test(token.text) && isLocation(token) ? [i] : [],
  );
  return (nth) => {
    const first = locations[nth];
    const last = locations[nth + 3];
    if (first === undefined || last === undefined) return [];
    const labelled = tokens.slice(last + 1, locations[nth + 4] ?? tokens.length);
    const label = labelled.filter(({ text }) => !CODE.test(text) && !SEPARATOR.test(text));
    return [...locations.slice(nth, nth + 4).map((i) => tokens[i]!), ...label].map(
      ({ logProbability }) => logProbability,
    );
  };
}

/**
 * For the n-th `<loc>` token: the log-probabilities of the mask codes behind the box that starts there. Apart from the
 * box's own, of which there are fewer.
 */
export function maskLogProbabilities(tokens: readonly GeneratedToken[]): (nth: number) => number[] {
  const locations = tokens.flatMap((token, i) =>
    CODE.test(token.text) && isLocation(token) ? [i] : [],
  );
  return (nth) => {
    const last = locations[nth + 3];
    if (last === undefined) return [];
    return tokens
      .slice(last + 1, locations[nth + 4] ?? tokens.length)
      .filter(({ text }) => CODE.test(text))
      .map(({ logProbability }) => logProbability);
  };
}

const isLocation = ({ text }: GeneratedToken): boolean => text.startsWith('<loc');

export const countLocations = (tokens: readonly GeneratedToken[]): number =>
  tokens.filter((token) => CODE.test(token.text) && isLocation(token)).length;
