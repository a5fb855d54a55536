import { KINDS, type Kind } from './kind.js';
import type { Random } from './random.js';
import { SIDE } from './scene.js';
import { SIZES, Sprites, type Sprite } from './sprite.js';

/** Of each object, at the least: what is covered further cannot be asked about. */
const LEAST_VISIBLE = 0.75;
const TRIES = 24;

const LABELS = [...new Set(KINDS.map(({ label }) => label))];

/** A sprite and where it stands, in pixels. */
export interface Standing {
  readonly sprite: Sprite;
  readonly left: number;
  readonly top: number;
}

export interface Placed extends Standing {
  readonly kind: Kind;
}

/**
 * Up to `count` objects, in the order in which they cover each other, none on `plate`. One kind more often than by
 * chance: to be counted.
 */
export function placeObjects(
  random: Random,
  count: number,
  sprites: Sprites,
  plate: Standing | undefined,
): Placed[] {
  const placed: Placed[] = [];
  for (let index = 0; index < count; index++) {
    const repeated = placed.length > 0 && random.isLucky(0.35) ? placed.at(-1)!.kind : undefined;
    const kind = repeated ?? freshKind(random, placed);
    const found = findPlace(random, kind, sprites, placed, plate);
    if (found) placed.push(found);
  }
  return placed;
}

/** Of a label that is not there yet: two colours of one label would make its questions ambiguous. */
function freshKind(random: Random, placed: readonly Placed[]): Kind {
  const taken = new Set(placed.map(({ kind }) => kind.label));
  const label = random.pick(LABELS.filter((each) => !taken.has(each)));
  return random.pick(KINDS.filter((kind) => kind.label === label));
}

function findPlace(
  random: Random,
  kind: Kind,
  sprites: Sprites,
  placed: readonly Placed[],
  plate: Standing | undefined,
): Placed | undefined {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const size = random.pick(SIZES);
    const sprite = sprites.get(kind, size, random.pick(Sprites.turns), random.isLucky(0.5));
    const left = random.whole(0, SIDE - sprite.width);
    const top = random.whole(0, SIDE - sprite.height);
    const candidate = { kind, sprite, left, top };
    if (plate && covered(plate, candidate) > 0) continue;
    if (leavesAllVisible([...placed, candidate])) return candidate;
  }
  return undefined;
}

/** What covers an object is counted twice where it overlaps: more stays visible than is asked for. */
function leavesAllVisible(placed: readonly Placed[]): boolean {
  return placed.every((lower, index) => {
    const above = placed.slice(index + 1);
    const share = above.reduce((sum, upper) => sum + covered(lower, upper), 0);
    return share <= 1 - LEAST_VISIBLE;
  });
}

/** Share of the lower one's rectangle that the upper one's covers. */
function covered(lower: Standing, upper: Standing): number {
  const overlap = (from: number, length: number, other: number, otherLength: number): number =>
    Math.max(0, Math.min(from + length, other + otherLength) - Math.max(from, other));
  const width = overlap(lower.left, lower.sprite.width, upper.left, upper.sprite.width);
  const height = overlap(lower.top, lower.sprite.height, upper.top, upper.sprite.height);
  return (width * height) / (lower.sprite.width * lower.sprite.height);
}
