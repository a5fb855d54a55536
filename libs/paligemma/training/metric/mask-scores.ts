import { areaOf, type BoxedMask } from '../../output/mask/boxed-mask.js';
import type { MaskDecoder } from '../../output/mask/mask-decoder.js';
import { pasteMask } from '../../output/mask/paste-mask.js';
import { parseOutput } from '../../output/parse-output.js';
import { maskOverlap } from './mask-overlap.js';
import { plain, type ScoredAnswer } from './scored-answer.js';

const LEAST_OVERLAP = 0.5;
/** Masks are compared on a picture of this size, whatever the size of the one that was asked about. */
const CANVAS = { width: 256, height: 256 };

export interface MaskScores {
  /** Mean intersection over union of the expected masks, 0 to 1: one that was not found counts 0. */
  readonly iou: number;
  /** F1 of masks that overlap by half or more: one that nobody expected counts too. */
  readonly f1: number;
}

/**
 * Over all expected masks, each against one of the same label: the pairs that overlap most are taken first. Both sides
 * are decoded from their code words, so 1 can be reached. An expected mask that is empty on the canvas is left out.
 * `undefined` when no mask is expected.
 */
export async function maskScores(
  answers: readonly ScoredAnswer[],
  decoder: Pick<MaskDecoder, 'decode'>,
): Promise<MaskScores | undefined> {
  let [found, expected, matched, sum] = [0, 0, 0, 0];
  for (const answer of answers) {
    const truth = (await masksOf(answer.expected, decoder)).filter(
      ({ mask }) => mask !== undefined && areaOf(mask) > 0,
    );
    const guesses = await masksOf(answer.actual, decoder);
    const overlaps = pairedOverlaps(truth, guesses);
    expected += truth.length;
    found += guesses.length;
    matched += overlaps.filter((overlap) => overlap >= LEAST_OVERLAP).length;
    sum += overlaps.reduce((total, overlap) => total + overlap, 0);
  }
  if (expected === 0) return undefined;
  return { iou: sum / expected, f1: (2 * matched) / (expected + found) };
}

interface LabelledMask {
  readonly label: string;
  /** None of a box of less than a pixel. */
  readonly mask: BoxedMask | undefined;
}

async function masksOf(
  text: string,
  decoder: Pick<MaskDecoder, 'decode'>,
): Promise<LabelledMask[]> {
  const masks: LabelledMask[] = [];
  for (const { label, pixels, segmentCodes } of parseOutput(text, CANVAS).boxes) {
    if (segmentCodes === undefined) continue;
    const mask = pasteMask(await decoder.decode(segmentCodes), pixels, CANVAS);
    masks.push({ label: plain(label), mask });
  }
  return masks;
}

/** Of the pairs, one to one; those that share nothing are none. */
function pairedOverlaps(
  truth: readonly LabelledMask[],
  guesses: readonly LabelledMask[],
): number[] {
  const pairs = truth.flatMap((wanted) =>
    guesses
      .filter(({ label }) => label === wanted.label)
      .map((guess) => ({ wanted, guess, overlap: overlapOf(wanted, guess) })),
  );
  const taken = new Set<LabelledMask>();
  return pairs
    .filter(({ overlap }) => overlap > 0)
    .toSorted((a, b) => b.overlap - a.overlap)
    .flatMap(({ wanted, guess, overlap }) => {
      if (taken.has(wanted) || taken.has(guess)) return [];
      taken.add(wanted).add(guess);
      return [overlap];
    });
}

const overlapOf = ({ mask: a }: LabelledMask, { mask: b }: LabelledMask): number =>
  a && b ? maskOverlap(a, b) : 0;
