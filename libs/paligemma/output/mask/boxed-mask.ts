/**
 * A mask within an image of `width` x `height`: nothing of it lies outside its box. Never the whole image in memory,
 * and of the box only its runs: a hundred masks of a large image take little.
 */
export interface BoxedMask {
  readonly width: number;
  readonly height: number;
  /** Left and top of the box, in pixels. */
  readonly x: number;
  readonly y: number;
  readonly boxWidth: number;
  readonly boxHeight: number;
  /**
   * Pixels outside, inside, outside, ... of the box, column by column. The first may be 0; together
   * boxWidth x boxHeight.
   */
  readonly runs: readonly number[];
}

type Placed = Omit<BoxedMask, 'runs'>;

/** Joins neighbouring runs of the same kind. */
export class RunWriter {
  readonly #runs: number[] = [];
  #isInside = false;
  #length = 0;

  add(isInside: boolean, length: number): void {
    if (length === 0) return;
    if (isInside !== this.#isInside) {
      this.#runs.push(this.#length);
      this.#isInside = isInside;
      this.#length = 0;
    }
    this.#length += length;
  }

  /** Nothing can be added after. */
  end(): readonly number[] {
    this.#runs.push(this.#length);
    return this.#runs;
  }
}

/** Of the box's pixels [boxHeight, boxWidth], row by row: 0 is outside. */
export function maskOfBitmap(place: Placed, bitmap: Uint8Array): BoxedMask {
  const { boxWidth, boxHeight } = place;
  const runs = new RunWriter();
  for (let column = 0; column < boxWidth; column++) {
    for (let row = 0; row < boxHeight; row++) {
      runs.add(bitmap[row * boxWidth + column] !== 0, 1);
    }
  }
  return { ...place, runs: runs.end() };
}

/** The box's pixels [boxHeight, boxWidth], row by row: 1 inside, 0 outside. */
export function bitmapOf({ boxWidth, boxHeight, runs }: BoxedMask): Uint8Array {
  const bitmap = new Uint8Array(boxWidth * boxHeight);
  let at = 0;
  runs.forEach((run, index) => {
    const end = at + run;
    if (index % 2 === 0) at = end;
    for (; at < end; at++) {
      bitmap[(at % boxHeight) * boxWidth + Math.floor(at / boxHeight)] = 1;
    }
  });
  return bitmap;
}

/** Pixels inside. */
export function areaOf({ runs }: BoxedMask): number {
  return runs.reduce((sum, run, index) => sum + (index % 2 === 1 ? run : 0), 0);
}

/** The smallest box round the pixels inside: x, y, width, height in the image, all 0 when there are none. */
export function boundsOf(mask: BoxedMask): readonly [number, number, number, number] {
  const { boxHeight } = mask;
  let [left, top, right, bottom] = [Infinity, Infinity, -1, -1];
  let at = 0;
  mask.runs.forEach((run, index) => {
    if (index % 2 === 1 && run > 0) {
      const last = at + run - 1;
      const [from, to] = [Math.floor(at / boxHeight), Math.floor(last / boxHeight)];
      left = Math.min(left, from);
      right = Math.max(right, to);
      // A run over the end of a column touches bottom and top.
      top = Math.min(top, from === to ? at % boxHeight : 0);
      bottom = Math.max(bottom, from === to ? last % boxHeight : boxHeight - 1);
    }
    at += run;
  });
  if (right < 0) return [0, 0, 0, 0];
  return [mask.x + left, mask.y + top, right - left + 1, bottom - top + 1];
}
