import type { Random } from '../random.js';
import { CHARACTERS } from './glyph.js';

const SIGNS = `
  STOP EXIT TAXI OPEN BUS GO SALE CAFE BAR ZOO SHOP WAY PARK TOW GATE DOCK HALL LIFT PUSH PULL WC NO YES ON OFF
  UP DOWN IN OUT VIP WIFI POST BANK FIRE SLOW FREE HELP GYM SPA PUB KEY FUEL TRAM ROAD QUAY MAX JAZZ
`
  .trim()
  .split(/\s+/);
const [LEAST_CHARACTERS, MOST_CHARACTERS] = [2, 4];
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** What a plate says. Half of the time nothing that could be guessed from a part of it. */
export function wording(random: Random): string {
  if (random.isLucky(0.5)) return anything(random);
  return random.isLucky(0.7) ? random.pick(SIGNS) : numbered(random);
}

function anything(random: Random): string {
  const length = random.whole(LEAST_CHARACTERS, MOST_CHARACTERS);
  return Array.from({ length }, () => random.pick([...CHARACTERS])).join('');
}

/** Of a house, a seat, a bus: 42, 7A, 318. */
function numbered(random: Random): string {
  if (random.isLucky(0.4)) return `${random.whole(1, 99)}${random.pick([...LETTERS])}`;
  return String(random.isLucky(0.5) ? random.whole(10, 99) : random.whole(100, 9999));
}
