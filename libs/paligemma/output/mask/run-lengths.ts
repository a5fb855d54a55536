import { AppError } from '#contracts';
import { RunWriter, type BoxedMask } from './boxed-mask.js';

/** COCO's compressed form of a mask: runs of outside and inside in turn, column by column of the whole image. */
export interface RunLengthMask {
  /** Height, width. */
  readonly size: readonly [number, number];
  readonly counts: string;
}

/** Of the whole image, outside first; the last run may be inside. */
export function runsOf(mask: BoxedMask): readonly number[] {
  const { x, y, width, height, boxWidth, boxHeight } = mask;
  const runs = new RunWriter();
  const between = height - boxHeight;
  runs.add(false, x * height + y);
  let left = boxHeight;
  mask.runs.forEach((run, index) => {
    for (let rest = run; rest > 0;) {
      // From the end of a column of the box to the next one lies the rest of the image.
      if (left === 0) {
        runs.add(false, between);
        left = boxHeight;
      }
      const length = Math.min(rest, left);
      runs.add(index % 2 === 1, length);
      rest -= length;
      left -= length;
    }
  });
  runs.add(false, height - y - boxHeight + (width - x - boxWidth) * height);
  return runs.end();
}

/** pycocotools' `rleToString` (common/maskApi.c): differences to the run before the last, five bits a character. */
export function encodeRuns(mask: BoxedMask): RunLengthMask {
  const runs = runsOf(mask);
  let counts = '';
  runs.forEach((run, index) => {
    let rest = index > 2 ? run - runs[index - 2]! : run;
    for (let hasMore = true; hasMore;) {
      let bits = rest & 0x1f;
      rest >>= 5;
      hasMore = bits & 0x10 ? rest !== -1 : rest !== 0;
      if (hasMore) bits |= 0x20;
      counts += String.fromCharCode(bits + 48);
    }
  });
  return { size: [mask.height, mask.width], counts };
}

/** The other way: a mask whose box is the whole image. Errors: `mask.bad_rle` for what does not cover the image once. */
export function decodeRuns({ size: [height, width], counts }: RunLengthMask): BoxedMask {
  const runs = readCounts(counts);
  const isRight = [height, width].every((side) => Number.isSafeInteger(side) && side > 0);
  if (!isRight || !runs?.every((run) => run >= 0) || sum(runs) !== height * width) {
    throw new AppError(
      'mask.bad_rle',
      `The run lengths do not make a mask of ${width} x ${height}. Take size and counts as they were written.`,
      { context: { height, width } },
    );
  }
  return { width, height, x: 0, y: 0, boxWidth: width, boxHeight: height, runs };
}

/** Seven characters hold 35 bits, more than any image. */
const MAX_CHARACTERS = 7;

function readCounts(counts: string): number[] | undefined {
  const runs: number[] = [];
  for (let at = 0; at < counts.length;) {
    let run = 0;
    let place = 0;
    let bits;
    do {
      bits = counts.charCodeAt(at++) - 48;
      // Also what charCodeAt gives behind the end, NaN.
      if (!(bits >= 0 && bits < 64) || place === MAX_CHARACTERS) return undefined;
      run += (bits & 0x1f) * 32 ** place;
      place++;
    } while (bits & 0x20);
    if (bits & 0x10) run -= 32 ** place;
    runs.push(runs.length > 2 ? run + runs[runs.length - 2]! : run);
  }
  return runs;
}

const sum = (runs: readonly number[]): number => runs.reduce((total, run) => total + run, 0);
