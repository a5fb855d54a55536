import type { BoxedMask, RgbImage } from '#paligemma/pictures';
import { isSet, LETTER_HEIGHT, LETTER_WIDTH, writable } from './font.js';

export interface Drawing {
  readonly label: string;
  /** x1, y1, x2, y2. */
  readonly pixels: readonly [number, number, number, number];
  readonly confidence: number;
  readonly mask: BoxedMask | undefined;
}

type Colour = readonly [red: number, green: number, blue: number];

/** Apart from each other for most eyes: Okabe and Ito, 2008, without black and yellow. */
const COLOURS: readonly Colour[] = [
  [213, 94, 0],
  [0, 114, 178],
  [0, 158, 115],
  [204, 121, 167],
  [86, 180, 233],
  [230, 159, 0],
];
const WHITE: Colour = [255, 255, 255];
const MASK_SHARE = 0.45;
/** The shorter side in pixels for which lines are one pixel wider. */
const SIDE_PER_PIXEL = 360;
const MAX_LABEL_LETTERS = 40;

/** Draws into the picture: masks first, then boxes, then labels. */
export function drawObjects(image: RgbImage, drawings: readonly Drawing[]): void {
  const scale = 1 + Math.floor(Math.min(image.width, image.height) / SIDE_PER_PIXEL);
  for (const { mask, label } of drawings) if (mask) tint(image, mask, colourOf(label));
  for (const { pixels, label } of drawings) outline(image, pixels, scale, colourOf(label));
  for (const drawing of drawings) writeLabel(image, drawing, scale);
}

/** A label has its colour in every picture. */
function colourOf(label: string): Colour {
  let hash = 0;
  for (const letter of label) hash = (hash * 31 + letter.codePointAt(0)!) % 65_521;
  return COLOURS[hash % COLOURS.length]!;
}

function tint(image: RgbImage, { x, y, boxHeight, runs }: BoxedMask, colour: Colour): void {
  let at = 0;
  runs.forEach((run, index) => {
    const end = at + run;
    if (index % 2 === 0) at = end;
    for (; at < end; at++) {
      const pixel = ((y + (at % boxHeight)) * image.width + x + Math.floor(at / boxHeight)) * 3;
      for (let band = 0; band < 3; band++) {
        const before = image.data[pixel + band]!;
        image.data[pixel + band] = before + (colour[band]! - before) * MASK_SHARE;
      }
    }
  });
}

/** Along the inner side of the edge. */
function outline(image: RgbImage, box: Drawing['pixels'], width: number, colour: Colour): void {
  const [x1, y1, x2, y2] = box.map(Math.round) as [number, number, number, number];
  fill(image, [x1, y1, x2, y1 + width], colour);
  fill(image, [x1, y2 - width, x2, y2], colour);
  fill(image, [x1, y1, x1 + width, y2], colour);
  fill(image, [x2 - width, y1, x2, y2], colour);
}

/** x1, y1, x2, y2: what of it lies in the picture. */
function fill(
  image: RgbImage,
  [x1, y1, x2, y2]: readonly [number, number, number, number],
  colour: Colour,
): void {
  const [left, right] = [Math.max(0, x1), Math.min(image.width, x2)];
  for (let y = Math.max(0, y1); y < Math.min(image.height, y2); y++) {
    for (let x = left; x < right; x++) image.data.set(colour, (y * image.width + x) * 3);
  }
}

/** Above the box, or in it where there is no room above. */
function writeLabel(image: RgbImage, drawing: Drawing, scale: number): void {
  const { label, confidence, pixels } = drawing;
  const name = writable(label).slice(0, MAX_LABEL_LETTERS);
  const text = `${name} ${Math.round(confidence * 100)}%`;
  const [height, width] = [(LETTER_HEIGHT + 2) * scale, (text.length * 6 + 1) * scale];
  const left = Math.max(0, Math.min(Math.round(pixels[0]), image.width - width));
  const above = Math.round(pixels[1]) - height;
  const top = above < 0 ? Math.max(0, Math.round(pixels[1])) : above;
  fill(image, [left, top, left + width, top + height], colourOf(label));
  Array.from(text).forEach((letter, index) => {
    const x = left + (1 + index * (LETTER_WIDTH + 1)) * scale;
    writeLetter(image, letter, x, top + scale, scale);
  });
}

function writeLetter(image: RgbImage, letter: string, x: number, y: number, scale: number): void {
  for (let column = 0; column < LETTER_WIDTH; column++) {
    for (let row = 0; row < LETTER_HEIGHT; row++) {
      if (!isSet(letter, column, row)) continue;
      const [left, top] = [x + column * scale, y + row * scale];
      fill(image, [left, top, left + scale, top + scale], WHITE);
    }
  }
}
