import type { BoxedMask } from './paste-mask.js';

/** COCO's compressed form of a mask: runs of outside and inside in turn, column by column of the whole image. */
export interface RunLengthMask {
  /** Height, width. */
  readonly size: readonly [number, number];
  readonly counts: string;
}

/** Outside first; the last run may be inside. Columns of the box alone are looked at. */
export function runsOf(mask: BoxedMask): number[] {
  const runs: number[] = [];
  let value = 0;
  let length = 0;
  const add = (next: number, count: number): void => {
    if (count === 0) return;
    if (next !== value) {
      runs.push(length);
      value = next;
      length = 0;
    }
    length += count;
  };
  add(0, mask.x * mask.height);
  for (let column = 0; column < mask.boxWidth; column++) {
    add(0, mask.y);
    for (let row = 0; row < mask.boxHeight; row++)
      add(mask.inside[row * mask.boxWidth + column]!, 1);
    add(0, mask.height - mask.y - mask.boxHeight);
  }
  add(0, (mask.width - mask.x - mask.boxWidth) * mask.height);
  runs.push(length);
  return runs;
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

/** Pixels inside. */
export function areaOf(mask: BoxedMask): number {
  return mask.inside.reduce((sum, value) => sum + value, 0);
}
