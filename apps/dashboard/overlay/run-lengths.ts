/**
 * COCO's compressed run lengths to a bitmap. Input: `counts` of a mask and its height and width. Output: one byte a pixel,
 * row by row, 1 where the object is. What the engine writes; a test holds it to the engine's own reading.
 */
export function bitmapOfRuns(counts: string, height: number, width: number): Uint8Array {
  const bitmap = new Uint8Array(height * width);
  const runs = readRuns(counts);
  let at = 0;
  runs.forEach((run, i) => {
    // Runs go down the columns, and begin with pixels that are not the object's.
    if (i % 2 === 1) for (let k = at; k < at + run; k++) setPixel(bitmap, k, height, width);
    at += run;
  });
  return bitmap;
}

function setPixel(bitmap: Uint8Array, k: number, height: number, width: number): void {
  const x = Math.floor(k / height);
  if (x < width) bitmap[(k % height) * width + x] = 1;
}

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
