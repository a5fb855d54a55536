import { bitmapOf, type BoxedMask } from './boxed-mask.js';
import { simplifyRing, type Ring } from './ring.js';

/** Right, down, left, up: the next one is a turn to the right. */
const STEPS = [
  [1, 0],
  [0, 1],
  [-1, 0],
  [0, -1],
] as const;

/**
 * The outline of a mask along the edges of its pixels: outer rings clockwise (y points down), holes the other way.
 * Exact: filled by the even-odd rule, the rings give the mask back. Pixels that touch at a corner only are apart.
 *
 * `tolerance` (pixels, default 0) leaves corners out, as far as the outline moves no farther; what is smaller is lost.
 */
export function polygonsOf(mask: BoxedMask, options: { tolerance?: number } = {}): Ring[] {
  const { tolerance = 0 } = options;
  const rings = exactRings(mask);
  if (tolerance <= 0) return rings;
  return rings.map((ring) => simplifyRing(ring, tolerance)).filter((ring) => ring.length > 0);
}

function exactRings(mask: BoxedMask): Ring[] {
  const edges = outgoingEdges(mask);
  const width = mask.boxWidth + 1;
  const rings: Ring[] = [];
  for (let start = 0; start < edges.length; start++) {
    // A corner where two pixels touch begins two rings.
    while (edges[start] !== 0) {
      const ring = follow(edges, width, start);
      rings.push(ring.map((value, index) => value + (index % 2 === 0 ? mask.x : mask.y)));
    }
  }
  return rings;
}

/** For each corner of the grid, which ways an edge with the mask on its right leaves it: bit n for step n. */
function outgoingEdges(mask: BoxedMask): Uint8Array {
  const { boxWidth, boxHeight } = mask;
  const inside = bitmapOf(mask);
  const width = boxWidth + 1;
  const edges = new Uint8Array(width * (boxHeight + 1));
  const isInside = (x: number, y: number): boolean =>
    x >= 0 && y >= 0 && x < boxWidth && y < boxHeight && inside[y * boxWidth + x] === 1;
  const add = (x: number, y: number, step: number): void => {
    edges[y * width + x]! |= 1 << step;
  };
  for (let y = 0; y < boxHeight; y++) {
    for (let x = 0; x < boxWidth; x++) {
      if (!isInside(x, y)) continue;
      if (!isInside(x, y - 1)) add(x, y, 0);
      if (!isInside(x + 1, y)) add(x + 1, y, 1);
      if (!isInside(x, y + 1)) add(x + 1, y + 1, 2);
      if (!isInside(x - 1, y)) add(x, y + 1, 3);
    }
  }
  return edges;
}

/** Takes one ring's edges out, and returns its corners. The start is one: scanning meets a ring at its top left. */
function follow(edges: Uint8Array, width: number, start: number): number[] {
  const corners: number[] = [];
  let at = start;
  let step = STEPS.findIndex((_, index) => (edges[at]! & (1 << index)) !== 0);
  let before = -1;
  do {
    if (step !== before) corners.push(at % width, Math.floor(at / width));
    edges[at]! &= ~(1 << step);
    at += STEPS[step]![0] + STEPS[step]![1] * width;
    before = step;
    // To the right first: round the same pixel, and not over to one that only touches it.
    const turns = [step + 1, step, step + 3].map((turn) => turn % 4);
    step = turns.find((turn) => (edges[at]! & (1 << turn)) !== 0) ?? step;
  } while (at !== start);
  return corners;
}
