/** Units of the grid that glyphs are drawn on, without the width of the stroke. */
export const GLYPH_WIDTH = 8;
export const GLYPH_HEIGHT = 12;

/**
 * Strokes of each character. A point is x and y, to base 36, from the top left; one with ~ only pulls the line towards
 * it, as the control points of quadratic curves do, and between two of them is a point in the middle. What is easily
 * confused differs by more than a bend: a zero is slashed, an I has serifs, a five has a sharp corner.
 */
const STROKES: Readonly<Record<string, string>> = {
  A: '0c 40 8c, 18 78',
  B: '06 46 ~86 ~8c 4c 0c 00 40 ~70 73 ~76 46',
  C: '83 ~80 40 ~00 04 08 ~0c 4c ~8c 89',
  D: '00 30 ~80 86 ~8c 3c 0c 00',
  E: '80 00 0c 8c, 06 66',
  F: '80 00 0c, 06 66',
  G: '83 ~80 40 ~00 04 08 ~0c 4c ~8c 88 87 47',
  H: '00 0c, 80 8c, 06 86',
  I: '10 70, 40 4c, 1c 7c',
  J: '30 80 88 ~8c 4c ~0c 09',
  K: '00 0c, 80 07, 34 8c',
  L: '00 0c 8c',
  M: '0c 00 47 80 8c',
  N: '0c 00 8c 80',
  O: '40 ~80 84 88 ~8c 4c ~0c 08 04 ~00 40',
  P: '0c 00 50 ~80 ~87 57 07',
  Q: '40 ~80 84 88 ~8c 4c ~0c 08 04 ~00 40, 58 9d',
  R: '0c 00 50 ~80 ~86 56 06, 46 8c',
  S: '82 ~70 40 ~00 03 ~05 46 ~87 89 ~8c 4c ~1c 0a',
  T: '00 80, 40 4c',
  U: '00 08 ~0c 4c ~8c 88 80',
  V: '00 4c 80',
  W: '00 1c 45 7c 80',
  X: '00 8c, 80 0c',
  Y: '00 46 80, 46 4c',
  Z: '00 80 0c 8c',
  0: '40 ~80 84 88 ~8c 4c ~0c 08 04 ~00 40, 63 29',
  1: '14 40 4c, 1c 7c',
  2: '03 ~00 40 ~80 83 ~86 0c 8c',
  3: '02 ~10 40 ~80 83 ~86 46 36, 46 ~86 89 ~8c 4c ~1c 0a',
  4: '6c 60 08 88',
  5: '80 10 05 45 ~85 ~8c 4c ~1c 0a',
  6: '72 ~60 40 ~00 06 08 ~0c 4c ~8c 88 ~85 45 ~05 08',
  7: '00 80 3c',
  8: '46 ~16 13 ~10 40 ~70 73 ~76 46 ~06 09 ~0c 4c ~8c 89 ~86 46',
  9: '1a ~2c 4c ~8c 86 84 ~80 40 ~00 04 ~07 47 ~87 84',
};

/** All that can be written. */
export const CHARACTERS = Object.keys(STROKES).toSorted().join('');

/** Straight pieces that a quadratic curve becomes. */
const PIECES = 5;

interface Point {
  readonly x: number;
  readonly y: number;
}

/** The straight lines of a character, x1 y1 x2 y2 of each one after another, in units of the grid. */
export function linesOf(character: string): Float64Array {
  return LINES.get(character)!;
}

const LINES = new Map(
  Object.entries(STROKES).map(([character, strokes]) => [
    character,
    Float64Array.from(strokes.split(', ').flatMap(flattened)),
  ]),
);

function flattened(stroke: string): number[] {
  const points = stroke.split(' ').map((text) => {
    const digit = (fromEnd: number): number => Number.parseInt(text.at(-fromEnd)!, 36);
    return { x: digit(2), y: digit(1), isControl: text.startsWith('~') };
  });
  const path: Point[] = [points[0]!];
  for (const [at, point] of points.entries()) {
    if (at === 0) continue;
    if (!point.isControl) {
      if (!points[at - 1]!.isControl) path.push(point);
      continue;
    }
    const next = points[at + 1]!;
    const end = next.isControl ? { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 } : next;
    path.push(...curve(path.at(-1)!, point, end));
  }
  return path.slice(1).flatMap(({ x, y }, at) => [path[at]!.x, path[at]!.y, x, y]);
}

/** Without its first point. */
function curve(from: Point, control: Point, to: Point): Point[] {
  return Array.from({ length: PIECES }, (_, piece) => {
    const t = (piece + 1) / PIECES;
    const between = (a: number, b: number, c: number): number =>
      (1 - t) * (1 - t) * a + 2 * (1 - t) * t * b + t * t * c;
    return { x: between(from.x, control.x, to.x), y: between(from.y, control.y, to.y) };
  });
}
