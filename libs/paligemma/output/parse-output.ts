import {
  boxLogProbabilities,
  confidenceOf,
  countLocations,
  maskLogProbabilities,
  type GeneratedToken,
} from './confidence.js';
import { readableText, scanOutput, type OutputPiece } from './scan-output.js';

export interface ParsedBox {
  /** Trimmed; `defaultLabel` where the model wrote none. */
  readonly label: string;
  /** x1, y1, x2, y2 as fractions 0..1. */
  readonly box: readonly [number, number, number, number];
  /** The same in pixels of the given size, not rounded. */
  readonly pixels: readonly [number, number, number, number];
  /** 16 code words 0..127 of the mask, row by row of a 4x4 grid. */
  readonly segmentCodes?: readonly number[];
  /** Present when tokens were given; see `boxLogProbabilities`. */
  readonly confidence?: number;
  /** Of the mask's code words; present when there are any and tokens were given. */
  readonly maskConfidence?: number;
}

export interface ParsedOutput {
  /** The answer without location and segmentation tokens. */
  readonly text: string;
  readonly boxes: readonly ParsedBox[];
  /** What was malformed and left out, for people; each sentence once. */
  readonly warnings: readonly string[];
}

export interface ParseOptions {
  /** Size of the upright image, for `pixels`. */
  width: number;
  height: number;
  /**
   * 1024 (default) divides locations as Hugging Face and supervision do; 1023 as big_vision's evaluators.
   * They differ by at most a thousandth of a side.
   */
  locationScale?: 1024 | 1023;
  /** Label of boxes that carry none, as in answers to `segment cat`. Default: empty. */
  defaultLabel?: string;
  /** The generated tokens behind the text, in order: gives each box a confidence. */
  tokens?: readonly GeneratedToken[];
}

const MAXIMUM = { location: 1023, segment: 127 };
const CORNERS = 4;
const MASK_CODES = 16;

/** Boxes found, and where in the run of locations each begins (`nth` counts `<loc>` tokens of the answer). */
interface Draft {
  readonly corners: readonly number[];
  readonly nth: number;
  readonly label: string;
  readonly codes?: readonly number[];
}

/**
 * Reads `<loc>x4 [<seg>x16] [label] [; ...]`, corners in the order y1 x1 y2 x2. Total: any text gives an answer.
 *
 * Left out with a warning: runs of locations that are no multiple of four (which four are meant is a guess),
 * codes out of range, boxes without area. Masks that have not 16 codes are left out, their box is kept.
 * Boxes thinner than a pixel are kept with a warning: they are right as fractions.
 */
export function parseOutput(raw: string, options: ParseOptions): ParsedOutput {
  const warnings = new Set<string>();
  const warn = (warning: string) => void warnings.add(warning);
  const drafts = collectDrafts(scanOutput(raw), options.defaultLabel ?? '', warn);
  const confidence = confidences(raw, options.tokens, warn);
  const boxes = drafts.flatMap((draft) => toBox(draft, options, confidence, warn));
  return { text: readableText(raw), boxes, warnings: [...warnings] };
}

type Warn = (warning: string) => void;

function collectDrafts(pieces: readonly OutputPiece[], defaultLabel: string, warn: Warn): Draft[] {
  const drafts: Draft[] = [];
  let nth = 0;
  for (const [i, piece] of pieces.entries()) {
    if (piece.kind === 'segments' && !followsLocations(pieces, i))
      warn('Segmentation tokens without a box were left out.');
    if (piece.kind !== 'locations') continue;
    const { codes, label } = readTail(pieces.slice(i + 1, i + 4), warn);
    for (const start of boxStarts(piece.values, warn)) {
      const isLast = start + CORNERS === piece.values.length;
      drafts.push({
        corners: piece.values.slice(start, start + CORNERS),
        nth: nth + start,
        label: (isLast && label) || defaultLabel,
        codes: isLast ? codes : undefined,
      });
    }
    nth += piece.values.length;
  }
  return drafts;
}

function boxStarts(values: readonly number[], warn: Warn): number[] {
  if (values.length % CORNERS !== 0) {
    warn(`A box needs 4 location tokens; a run of ${values.length} was left out.`);
    return [];
  }
  return Array.from({ length: values.length / CORNERS }, (_, i) => i * CORNERS);
}

const isBlank = (piece: OutputPiece | undefined): boolean =>
  piece?.kind === 'text' && piece.text.trim() === '';

function followsLocations(pieces: readonly OutputPiece[], index: number): boolean {
  const before = isBlank(pieces[index - 1]) ? pieces[index - 2] : pieces[index - 1];
  return before?.kind === 'locations';
}

/** What follows four locations: perhaps blanks and a mask, perhaps a label up to the next separator. */
function readTail(
  next: readonly OutputPiece[],
  warn: Warn,
): { codes: readonly number[] | undefined; label: string } {
  const afterBlank = isBlank(next[0]) ? next.slice(1) : next;
  const mask = afterBlank[0]?.kind === 'segments' ? afterBlank[0].values : undefined;
  const rest = mask === undefined ? next[0] : afterBlank[1];
  const label = rest?.kind === 'text' ? (/^[^;<>]*/.exec(rest.text)?.[0] ?? '').trim() : '';
  return { codes: mask && maskCodes(mask, warn), label };
}

function maskCodes(codes: readonly number[], warn: Warn): readonly number[] | undefined {
  if (codes.length !== MASK_CODES) {
    warn(`A mask needs 16 segmentation tokens; one of ${codes.length} was left out.`);
    return undefined;
  }
  if (codes.some((code) => code > MAXIMUM.segment)) {
    warn('A mask with a segmentation token over 127 was left out.');
    return undefined;
  }
  return codes;
}

function toBox(
  draft: Draft,
  { width, height, locationScale = 1024 }: ParseOptions,
  confidence: Confidences | undefined,
  warn: Warn,
): ParsedBox[] {
  const [y1 = 0, x1 = 0, y2 = 0, x2 = 0] = draft.corners;
  if (Math.max(y1, x1, y2, x2) > MAXIMUM.location) {
    warn('A box with a location token over 1023 was left out.');
    return [];
  }
  if (x2 <= x1 || y2 <= y1) {
    warn('A box without area was left out.');
    return [];
  }
  const box = [x1, y1, x2, y2].map((v) => v / locationScale) as [number, number, number, number];
  const pixels = box.map((v, i) => v * (i % 2 === 0 ? width : height)) as typeof box;
  if (
    Math.trunc(pixels[0]) === Math.trunc(pixels[2]) ||
    Math.trunc(pixels[1]) === Math.trunc(pixels[3])
  )
    warn('A box covers less than a pixel of this image.');
  return [
    {
      label: draft.label,
      box,
      pixels,
      ...(draft.codes && { segmentCodes: draft.codes }),
      ...(confidence && { confidence: confidence.box(draft.nth) }),
      ...(confidence && draft.codes && { maskConfidence: confidence.mask(draft.nth) }),
    },
  ];
}

/** Of the box that begins at the n-th location token, and of its mask. */
interface Confidences {
  readonly box: (nth: number) => number;
  readonly mask: (nth: number) => number;
}

/** `undefined` when no tokens are known. */
function confidences(
  raw: string,
  tokens: readonly GeneratedToken[] | undefined,
  warn: Warn,
): Confidences | undefined {
  if (tokens === undefined) return undefined;
  const written = raw.match(/<loc[0-9]{4}>/g)?.length ?? 0;
  if (written === countLocations(tokens)) {
    const ofBox = boxLogProbabilities(tokens);
    const ofMask = maskLogProbabilities(tokens);
    return {
      box: (nth) => confidenceOf(ofBox(nth)),
      mask: (nth) => confidenceOf(ofMask(nth)),
    };
  }
  // The model spelled a location letter by letter: positions in text and tokens no longer agree.
  warn('Box confidences are those of the whole answer: it spells location tokens as plain text.');
  const whole = confidenceOf(tokens.map(({ logProbability }) => logProbability));
  return { box: () => whole, mask: () => whole };
}
