import type { Random } from '../random.js';
import type { Box, Character } from '../scene.js';
import type { Sprite } from '../sprite.js';
import { Coverage } from './coverage.js';
import { GLYPH_HEIGHT, GLYPH_WIDTH, linesOf } from './glyph.js';
import { wording } from './wording.js';

/** Something to read. */
export interface Plate {
  readonly text: string;
  readonly sprite: Sprite;
  /** Boxes are in pixels of the sprite. */
  readonly characters: readonly Character[];
}

/** RGB of the plate and of what is written on it. */
const COLOURS: readonly (readonly [number, number])[] = [
  [0xf5f5f0, 0x19191e],
  [0xfacd28, 0x19140f],
  [0x1e50af, 0xfafafa],
  [0x0f6e41, 0xfafafa],
  [0xbe1e23, 0xfffaf5],
  [0x1e1e23, 0xf5f5f5],
  [0x1e233c, 0xffd746],
  [0xf08723, 0x1e140f],
  [0xc8e1f5, 0x14286e],
  [0xf5f5f0, 0xaf1923],
];
const MOST_TURN = (6 * Math.PI) / 180;

/** Lengths in pixels, before the plate is turned. */
interface Layout {
  readonly text: string;
  readonly width: number;
  readonly height: number;
  readonly corner: number;
  /** Of a line along the edge; 0 for none. */
  readonly border: number;
  /** Half of a stroke's width. */
  readonly radius: number;
  /** Of a glyph's unit. */
  readonly unitX: number;
  readonly unitY: number;
  /** From one character to the next. */
  readonly pitch: number;
  readonly cos: number;
  readonly sin: number;
}

/** A plate with two to four characters, 26 to 44 pixels high: arithmetic alone, so the bytes are the same everywhere. */
export function drawPlate(random: Random): Plate {
  const layout = layOut(random);
  const { width, height, cos, sin, text } = layout;
  const ink = new Coverage(
    Math.ceil(width * cos + height * Math.abs(sin)) + 2,
    Math.ceil(height * cos + width * Math.abs(sin)) + 2,
  );
  const characters = [...text].map((character, at) => ({
    character,
    box: write(ink, layout, character, at),
  }));
  return { text, characters, sprite: painted(ink, layout, random.pick(COLOURS)) };
}

function layOut(random: Random): Layout {
  const text = wording(random);
  const size = random.whole(26, 44);
  const stroke = size * random.between(0.12, 0.16);
  const unitY = (size - stroke) / GLYPH_HEIGHT;
  const unitX = unitY * random.between(0.8, 1);
  const letter = GLYPH_WIDTH * unitX + stroke;
  const pitch = letter + size * random.between(0.1, 0.2);
  const height = size * random.between(1.45, 1.7);
  const turn = random.isLucky(0.3) ? 0 : random.between(-MOST_TURN, MOST_TURN);
  return {
    text,
    width: letter + (text.length - 1) * pitch + size * random.between(0.5, 0.8),
    height,
    corner: height * random.between(0.06, 0.3),
    border: random.isLucky(0.5) ? Math.max(1.5, size * 0.06) : 0,
    radius: stroke / 2,
    unitX,
    unitY,
    pitch,
    cos: Math.cos(turn),
    sin: Math.sin(turn),
  };
}

/** Where the character came to be. */
function write(ink: Coverage, layout: Layout, character: string, at: number): Box {
  const { unitX, unitY, pitch, radius, cos, sin, text } = layout;
  const lines = linesOf(character);
  const left = ((1 - text.length) * pitch - GLYPH_WIDTH * unitX) / 2 + at * pitch;
  const top = (-GLYPH_HEIGHT * unitY) / 2;
  const ends = new Float64Array(lines.length);
  let [x1, y1, x2, y2] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let end = 0; end < lines.length; end += 2) {
    const [x, y] = [left + lines[end]! * unitX, top + lines[end + 1]! * unitY];
    const turnedX = ink.width / 2 + x * cos - y * sin;
    const turnedY = ink.height / 2 + x * sin + y * cos;
    ends[end] = turnedX;
    ends[end + 1] = turnedY;
    [x1, x2] = [Math.min(x1, turnedX), Math.max(x2, turnedX)];
    [y1, y2] = [Math.min(y1, turnedY), Math.max(y2, turnedY)];
  }
  for (let line = 0; line < ends.length; line += 4) {
    ink.line(ends[line]!, ends[line + 1]!, ends[line + 2]!, ends[line + 3]!, radius);
  }
  const [before, after] = [Math.floor, Math.ceil];
  return [before(y1 - radius), before(x1 - radius), after(y2 + radius), after(x2 + radius)];
}

function painted(ink: Coverage, layout: Layout, colours: readonly [number, number]): Sprite {
  const { width, height, values } = ink;
  const { border, cos, sin } = layout;
  const [plain, written] = colours.map((rgb) => [rgb >> 16, (rgb >> 8) & 255, rgb & 255]);
  const data = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y++) {
    const fromY = y + 0.5 - height / 2;
    for (let x = 0; x < width; x++) {
      const fromX = x + 0.5 - width / 2;
      const depth = depthOf(layout, fromX * cos + fromY * sin, fromY * cos - fromX * sin);
      const alpha = Math.min(1, depth + 0.5);
      if (alpha <= 0) continue;
      const at = y * width + x;
      // Its line lies as far from the edge as it is wide.
      const line = border === 0 ? 0 : border / 2 + 0.5 - Math.abs(depth - 1.5 * border);
      const share = Math.max(values[at]!, Math.min(1, line), 0);
      for (let channel = 0; channel < 3; channel++) {
        data[at * 4 + channel] = plain![channel]! * (1 - share) + written![channel]! * share;
      }
      data[at * 4 + 3] = 255 * alpha;
    }
  }
  return { width, height, data };
}

/** Pixels from the edge of a rounded rectangle, inwards, of a point seen from its middle. */
function depthOf({ width, height, corner }: Layout, x: number, y: number): number {
  const outX = Math.abs(x) - width / 2 + corner;
  const outY = Math.abs(y) - height / 2 + corner;
  if (outX <= 0 || outY <= 0) return corner - Math.max(outX, outY);
  return corner - Math.sqrt(outX * outX + outY * outY);
}
