import { Random } from '../scene/random.js';
import { SIDE, type Box, type Scene, type SceneObject } from '../scene/scene.js';
import { locations } from './detect.js';

/** What a point shows: a thing or a letter, its colour or headgear, and its box, side by side. */
export const POINT_QUESTIONS = 6;

/** Of one scene, at the most. */
const MOST = { things: 10, boxes: 6, nothing: 4 };
/** Of a cell: what covers less is not what it shows, and what covers more is not nothing. */
const SHARE = { shown: 0.3, noticed: 0.08 };

export interface ScenePoint {
  readonly at: readonly [number, number];
  readonly answers: readonly (string | null)[];
}

/** What cells of a scene show, in a grid of `side` x `side`, drawn by its seed. Each text is one token behind a blank. */
export function pointsOf(scene: Scene, side: number): ScenePoint[] {
  const random = new Random(scene.seed ^ 0x6a09_e667);
  const cells = random.shuffled(cellsOf(scene, side));
  const things = cells.filter(({ shown }) => shown !== undefined).slice(0, MOST.things);
  const nothing = cells.filter(({ isEmpty }) => isEmpty).slice(0, MOST.nothing);
  return [
    ...things.map(({ at, shown }, index) => ({
      at,
      answers: aboutThing(shown!, index < MOST.boxes),
    })),
    ...nothing.map(({ at }) => ({ at, answers: padded(' no') })),
    ...lettersOf(scene, side),
  ];
}

interface Cell {
  readonly at: readonly [number, number];
  readonly shown: SceneObject | undefined;
  readonly isEmpty: boolean;
}

function cellsOf({ objects, text }: Scene, side: number): Cell[] {
  const size = SIDE / side;
  return Array.from({ length: side ** 2 }, (_, index) => {
    const [row, column] = [Math.floor(index / side), index % side];
    const shares = objects.map(({ mask }) => shareOf(mask, row * size, column * size, size));
    const most = Math.max(0, ...shares);
    return {
      at: [(row + 0.5) / side, (column + 0.5) / side],
      shown: most >= SHARE.shown ? objects[shares.indexOf(most)] : undefined,
      // Of a plate only the letters' places are known.
      isEmpty: most < SHARE.noticed && text === undefined,
    };
  });
}

function shareOf(mask: Uint8Array, top: number, left: number, size: number): number {
  let count = 0;
  for (let y = Math.floor(top); y < top + size; y++) {
    for (let x = Math.floor(left); x < left + size; x++) count += mask[y * SIDE + x] ?? 0;
  }
  return count / size ** 2;
}

function aboutThing({ kind, box }: SceneObject, hasBox: boolean): (string | null)[] {
  const { label, colour, hasHelmet } = kind;
  const headgear = hasHelmet === undefined ? undefined : hasHelmet ? 'helmet' : 'no';
  const which = colour ?? headgear;
  return padded(` ${label}`, which ? ` ${which}` : null, ...(hasBox ? sides(box) : []));
}

function sides(box: Box): string[] {
  return locations(box).match(/<loc\d{4}>/g)!;
}

function padded(...answers: (string | null)[]): (string | null)[] {
  return Array.from({ length: POINT_QUESTIONS }, (_, question) => answers[question] ?? null);
}

/** One in a cell: the nearest to its middle. */
function lettersOf({ characters }: Scene, side: number): ScenePoint[] {
  const nearest = new Map<number, { distance: number; point: ScenePoint }>();
  for (const { character, box } of characters) {
    const [y, x] = [(box[0] + box[2]) / 2 / SIDE, (box[1] + box[3]) / 2 / SIDE];
    const [row, column] = [Math.floor(y * side), Math.floor(x * side)];
    const middle = [(row + 0.5) / side, (column + 0.5) / side] as const;
    const distance = Math.hypot(y - middle[0], x - middle[1]);
    const cell = row * side + column;
    if (distance >= (nearest.get(cell)?.distance ?? Infinity)) continue;
    nearest.set(cell, {
      distance,
      point: { at: middle, answers: padded(character, null, ...sides(box)) },
    });
  }
  return [...nearest.values()].map(({ point }) => point);
}
