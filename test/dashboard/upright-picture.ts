import sharp from 'sharp';

/** What every one of these pictures shows to a person: a red step, as no turn or mirror leaves it, and a blue block. */
export const UPRIGHT = { width: 301, height: 200 } as const;

type Colour = readonly [number, number, number];
const GREY: Colour = [128, 128, 128];

export const isRed = (x: number, y: number): boolean =>
  (x >= 20 && x < 97 && y >= 12 && y < 130) || (x >= 97 && x < 170 && y >= 101 && y < 130);
const isBlue = (x: number, y: number): boolean => x >= 211 && x < 290 && y >= 33 && y < 190;

const colourAt = (x: number, y: number): Colour =>
  isRed(x, y) ? [255, 0, 0] : isBlue(x, y) ? [0, 0, 255] : GREY;

type Place = readonly [column: number, row: number];

/**
 * Where a camera keeps the pixel that a person sees at (x, y), by the EXIF orientation that it writes. From the words of
 * the standard (what side row 0 and column 0 are on), and not from a library that reads it.
 */
const KEPT_AT: readonly ((x: number, y: number, right: number, bottom: number) => Place)[] = [
  (x, y) => [x, y],
  (x, y, right) => [right - x, y],
  (x, y, right, bottom) => [right - x, bottom - y],
  (x, y, _, bottom) => [x, bottom - y],
  (x, y) => [y, x],
  (x, y, right) => [y, right - x],
  (x, y, right, bottom) => [bottom - y, right - x],
  (x, y, _, bottom) => [bottom - y, x],
];

/** The picture as a camera writes it that was held like that. Input: an EXIF orientation, 1 to 8. Output: a JPEG. */
export async function uprightPicture(orientation: number): Promise<Buffer> {
  const { width, height } = UPRIGHT;
  const isTurned = orientation > 4;
  const [columns, rows] = isTurned ? [height, width] : [width, height];
  const data = new Uint8Array(columns * rows * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [column, row] = KEPT_AT[orientation - 1]!(x, y, width - 1, height - 1);
      data.set(colourAt(x, y), (row * columns + column) * 3);
    }
  }
  return sharp(data, { raw: { width: columns, height: rows, channels: 3 } })
    .withMetadata({ orientation })
    .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
    .toBuffer();
}
