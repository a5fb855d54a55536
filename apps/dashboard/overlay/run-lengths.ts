import type { Box } from '#contracts';

type Runs = NonNullable<Box['mask']>['rle'];

/**
 * A mask, as COCO compresses it, in a canvas of any size. Output: one byte a pixel of the canvas, row by row: 1 where the
 * object is under the middle of the pixel. Its runs are walked once, down the columns as they go, so that the mask of a
 * large picture costs a small canvas nothing but its runs. A test holds it to the engine's own writing.
 */
export function maskInCanvas({ size: [height, width], counts }: Runs, to: Size): Uint8Array {
  const runs = readRuns(counts);
  const rows = Int32Array.from({ length: to.height }, (_, y) => middle(y, to.height, height));
  const bitmap = new Uint8Array(to.width * to.height);
  const [first, past] = columnsOf(runs, height);
  let last = -1;
  let run = 0;
  let end = runs[0] ?? 0;
  for (let x = 0; x < to.width; x++) {
    const column = middle(x, to.width, width);
    // Most of a picture is beside the object.
    if (column < first) continue;
    if (column >= past) break;
    for (let y = 0; y < to.height; y++) {
      const pixel = y * to.width + x;
      // A canvas that is larger than the mask shows a column more than once; the runs are past it by then.
      if (column === last) {
        bitmap[pixel] = bitmap[pixel - 1]!;
        continue;
      }
      const at = column * height + rows[y]!;
      while (at >= end && run < runs.length - 1) end += runs[++run]!;
      // Runs begin with pixels that are not the object's.
      if (run % 2 === 1 && at < end) bitmap[pixel] = 1;
    }
    last = column;
  }
  return bitmap;
}

/** The first column that has a pixel of the object, and the one after the last. */
function columnsOf(runs: readonly number[], height: number): [number, number] {
  const all = runs.reduce((sum, run) => sum + run, 0);
  const behind = runs.length % 2 === 1 ? runs.at(-1)! : 0;
  return [Math.floor((runs[0] ?? 0) / height), Math.ceil((all - behind) / height)];
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Which of `from` pixels lies under the middle of pixel `at` of `to`. */
const middle = (at: number, to: number, from: number): number =>
  Math.floor(((at + 0.5) * from) / to);

/** Five bits a character, the lowest first; from the fourth run on, the difference to the run two earlier. */
function readRuns(counts: string): number[] {
  const runs: number[] = [];
  let at = 0;
  while (at < counts.length) {
    let value = 0;
    let shift = 0;
    let code = 0;
    do {
      code = counts.charCodeAt(at++) - 48;
      value |= (code & 31) << shift;
      shift += 5;
    } while ((code & 32) !== 0 && at < counts.length);
    if ((code & 16) !== 0) value |= -1 << shift;
    runs.push(runs.length > 2 ? value + runs[runs.length - 2]! : value);
  }
  return runs;
}
