import { SIDE, type Box } from '../scene/scene.js';

/** Where the middle of a box is, in a grid of three by three; undefined near a line between two places. */
export function placeOf([top, left, bottom, right]: Box): string | undefined {
  const row = third((top + bottom) / 2);
  const column = third((left + right) / 2);
  if (row === undefined || column === undefined) return undefined;
  const words = [['top', '', 'bottom'][row]!, ['left', '', 'right'][column]!].filter(Boolean);
  return words.length === 0 ? 'middle' : words.join(' ');
}

/** Of the side, on both sides of a line. */
const UNSURE = 0.04;

function third(centre: number): number | undefined {
  const at = (3 * centre) / SIDE;
  const nearest = Math.round(at);
  const isNearLine = nearest > 0 && nearest < 3 && Math.abs(at - nearest) < 3 * UNSURE;
  return isNearLine ? undefined : Math.min(2, Math.floor(at));
}
