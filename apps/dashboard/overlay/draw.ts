import type { Box } from '#contracts';
import { colourOf } from './class-colour';
import { maskInCanvas } from './run-lengths';

export interface DrawOptions {
  /** Width of a line, pixels of the canvas. */
  readonly line: number;
  /** 0 draws no masks. */
  readonly maskOpacity: number;
  readonly boxes: boolean;
}

/** Where a picture lies in a canvas, whole pixels. */
export interface Place {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** A box in whole pixels of the canvas: left and top edge, and the first pixel right of and below it. */
export function pixelBox({ box }: Box, width: number, height: number) {
  const [x1, y1, x2, y2] = box;
  // A box that is thinner than a pixel is still there, also at the far edge of the picture.
  const left = Math.min(width - 1, Math.round(x1 * width));
  const top = Math.min(height - 1, Math.round(y1 * height));
  return {
    left,
    top,
    right: Math.max(left + 1, Math.round(x2 * width)),
    bottom: Math.max(top + 1, Math.round(y2 * height)),
  };
}

/**
 * Draws the boxes and masks of a picture, in place of what was there. Lines lie inside their box, so that its edge is the
 * line's edge.
 */
export function drawOverlay(
  context: CanvasRenderingContext2D,
  place: Place,
  boxes: readonly Box[],
  options: DrawOptions,
): void {
  const masks = options.maskOpacity > 0 ? boxes.filter(({ mask }) => mask !== undefined) : [];
  if (masks.length > 0) drawMasks(context, place, masks, options.maskOpacity);
  else context.clearRect(place.left, place.top, place.width, place.height);
  if (options.boxes) for (const box of boxes) drawBox(context, place, box, options.line);
}

function drawBox(context: CanvasRenderingContext2D, place: Place, box: Box, line: number): void {
  const { left, top, right, bottom } = pixelBox(box, place.width, place.height);
  const [x, y, width, height] = [place.left + left, place.top + top, right - left, bottom - top];
  const thick = Math.min(line, width, height);
  context.fillStyle = colourOf(box.label);
  context.fillRect(x, y, width, thick);
  context.fillRect(x, y + height - thick, width, thick);
  context.fillRect(x, y, thick, height);
  context.fillRect(x + width - thick, y, thick, height);
}

/**
 * All masks at once, over all that was there: a layer of its own for each is what scrolling spent most of its time on.
 * Ours and not the browser's scaling: every browser draws the same pixels, and a mask has no soft edge that nobody found.
 */
function drawMasks(
  context: CanvasRenderingContext2D,
  { left, top, width, height }: Place,
  boxes: readonly Box[],
  opacity: number,
): void {
  const image = new ImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  for (const { mask, label } of boxes) {
    if (mask === undefined) continue;
    const bitmap = maskInCanvas(mask.rle, { width, height });
    const colour = rgbOf(colourOf(label));
    // Four bytes at once, in whatever order this machine keeps them.
    const bytes = new Uint8Array([...colour, Math.round(opacity * 255)]);
    const [packed] = new Uint32Array(bytes.buffer) as unknown as [number];
    for (let i = 0; i < bitmap.length; i++) {
      if (bitmap[i] === 0) continue;
      if (pixels[i] === 0 || opacity === 1) pixels[i] = packed;
      else layOver(image.data, i * 4, colour, opacity);
    }
  }
  context.putImageData(image, left, top);
}

/** Of two masks in one place the later lies over the earlier. */
function layOver(
  data: Uint8ClampedArray,
  at: number,
  colour: readonly [number, number, number],
  opacity: number,
): void {
  const below = (data[at + 3]! / 255) * (1 - opacity);
  const sum = opacity + below;
  for (const channel of [0, 1, 2] as const) {
    data[at + channel] = (colour[channel] * opacity + data[at + channel]! * below) / sum;
  }
  data[at + 3] = sum * 255;
}

const rgbOf = (hex: string): readonly [number, number, number] => [
  Number.parseInt(hex.slice(1, 3), 16),
  Number.parseInt(hex.slice(3, 5), 16),
  Number.parseInt(hex.slice(5, 7), 16),
];
