import { AppError } from '#contracts';
import {
  boundsOf,
  decodeRuns,
  maskOfBitmap,
  polygonsOf,
  type BoxedMask,
  type Ring,
} from '#paligemma/pictures';
import type { ExportReport } from './export-format.js';
import type { FoundObject } from './found-object.js';

/** How far an outline may lie from the mask's, in pixels. */
const TOLERANCE_PIXELS = 1;

/** The mask of an object, cut to its pixels; undefined when it has none. Reports one that cannot be read. */
export function maskOf({ box }: FoundObject, report: ExportReport): BoxedMask | undefined {
  if (box.mask === undefined) return undefined;
  try {
    const mask = cropped(decodeRuns(box.mask.rle));
    if (mask === undefined) report.leftOut('masks without a pixel');
    return mask;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    report.leftOut('masks that cannot be read');
    return undefined;
  }
}

/** Of a mask of the whole image. Outlines and bitmaps of what is cut cost nothing for the rest of the picture. */
function cropped(mask: BoxedMask): BoxedMask | undefined {
  const { width, height } = mask;
  const [x, y, boxWidth, boxHeight] = boundsOf(mask);
  if (boxWidth === 0) return undefined;
  const bitmap = new Uint8Array(boxWidth * boxHeight);
  let at = 0;
  mask.runs.forEach((run, index) => {
    const end = at + run;
    if (index % 2 === 0) at = end;
    for (; at < end; at++) {
      bitmap[((at % height) - y) * boxWidth + Math.floor(at / height) - x] = 1;
    }
  });
  return maskOfBitmap({ width, height, x, y, boxWidth, boxHeight }, bitmap);
}

/** The outer outlines of a mask, largest first, and how many holes they leave out. */
export function outlinesOf(mask: BoxedMask): { rings: Ring[]; holes: number } {
  const simple = polygonsOf(mask, { tolerance: TOLERANCE_PIXELS });
  const hasOuter = simple.some((ring) => signedArea(ring) > 0);
  // What is smaller than the tolerance keeps its exact outline.
  const all = hasOuter ? simple : polygonsOf(mask);
  const rings = all.filter((ring) => signedArea(ring) > 0);
  const sorted = rings.toSorted((a, b) => signedArea(b) - signedArea(a));
  return { rings: sorted, holes: all.length - rings.length };
}

/** Positive for outer rings, negative for holes. */
function signedArea(ring: Ring): number {
  let twice = 0;
  for (let at = 0; at < ring.length; at += 2) {
    const next = (at + 2) % ring.length;
    twice += ring[at]! * ring[next + 1]! - ring[next]! * ring[at + 1]!;
  }
  return twice / 2;
}

/** The points of a ring: x, y. */
export function pointsOf(ring: Ring): [number, number][] {
  return Array.from({ length: ring.length / 2 }, (_, at) => [ring[at * 2]!, ring[at * 2 + 1]!]);
}
