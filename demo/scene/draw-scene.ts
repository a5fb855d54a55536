import { drawBackground } from './background.js';
import { KINDS, type Kind } from './kind.js';
import { Random } from './random.js';
import { SIDE, type Box, type Difficulty, type Scene, type SceneObject } from './scene.js';
import { SIZES, Sprites, type Sprite } from './sprite.js';

const MOST_OBJECTS: Record<Difficulty, number> = { easy: 1, medium: 3, full: 5 };
/** Of each object, at the least: what is covered further cannot be asked about. */
const LEAST_VISIBLE = 0.75;
const TRIES = 24;
/** Alpha from which a pixel is the object's. */
const OPAQUE = 128;

interface Placed {
  readonly kind: Kind;
  readonly sprite: Sprite;
  readonly left: number;
  readonly top: number;
}

/** A scene that follows from its seed: the same bytes whenever it is drawn. */
export function drawScene(seed: number, difficulty: Difficulty, sprites: Sprites): Scene {
  const random = new Random(Math.imul(seed, 0x9e37_79b1) ^ 0x5bd1_e995);
  const pixels = drawBackground(random);
  const placed = place(random, difficulty, sprites);
  const owners = new Int8Array(SIDE * SIDE).fill(-1);
  placed.forEach((object, index) => blend(pixels, owners, object, index));
  const objects = placed.map(({ kind }, index) => visible(owners, kind, index));
  return { seed, pixels, objects, text: undefined };
}

/** Objects in the order in which they cover each other. One kind more often than by chance: to be counted. */
function place(random: Random, difficulty: Difficulty, sprites: Sprites): Placed[] {
  const count = random.whole(1, MOST_OBJECTS[difficulty]);
  const placed: Placed[] = [];
  for (let index = 0; index < count; index++) {
    const repeated = placed.length > 0 && random.isLucky(0.35) ? placed.at(-1)!.kind : undefined;
    const kind = repeated ?? freshKind(random, placed);
    const found = findPlace(random, kind, placed, sprites);
    if (found) placed.push(found);
  }
  return placed;
}

/** Of a label that is not there yet: two colours of one label would make its questions ambiguous. */
function freshKind(random: Random, placed: readonly Placed[]): Kind {
  const taken = new Set(placed.map(({ kind }) => kind.label));
  const labels = [...new Set(KINDS.map(({ label }) => label))].filter((label) => !taken.has(label));
  const label = random.pick(labels);
  return random.pick(KINDS.filter((kind) => kind.label === label));
}

function findPlace(
  random: Random,
  kind: Kind,
  placed: readonly Placed[],
  sprites: Sprites,
): Placed | undefined {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const size = random.pick(SIZES);
    const sprite = sprites.get(kind, size, random.pick(Sprites.turns), random.isLucky(0.5));
    const left = random.whole(0, SIDE - sprite.width);
    const top = random.whole(0, SIDE - sprite.height);
    const candidate = { kind, sprite, left, top };
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
function covered(lower: Placed, upper: Placed): number {
  const overlap = (from: number, length: number, other: number, otherLength: number): number =>
    Math.max(0, Math.min(from + length, other + otherLength) - Math.max(from, other));
  const width = overlap(lower.left, lower.sprite.width, upper.left, upper.sprite.width);
  const height = overlap(lower.top, lower.sprite.height, upper.top, upper.sprite.height);
  return (width * height) / (lower.sprite.width * lower.sprite.height);
}

function blend(
  pixels: Uint8Array,
  owners: Int8Array,
  { sprite, left, top }: Placed,
  owner: number,
): void {
  for (let y = 0; y < sprite.height; y++) {
    for (let x = 0; x < sprite.width; x++) {
      const source = (y * sprite.width + x) * 4;
      const alpha = sprite.data[source + 3]!;
      if (alpha === 0) continue;
      const target = (top + y) * SIDE + left + x;
      if (alpha >= OPAQUE) owners[target] = owner;
      for (let channel = 0; channel < 3; channel++) {
        const below = pixels[target * 3 + channel]!;
        const value = (sprite.data[source + channel]! * alpha + below * (255 - alpha)) / 255;
        pixels[target * 3 + channel] = value;
      }
    }
  }
}

function visible(owners: Int8Array, kind: Kind, index: number): SceneObject {
  const mask = Uint8Array.from(owners, (owner) => Number(owner === index));
  return { kind, mask, box: boundsOf(mask) };
}

function boundsOf(mask: Uint8Array): Box {
  let [top, left, bottom, right] = [SIDE, SIDE, 0, 0];
  mask.forEach((value, at) => {
    if (value === 0) return;
    const [y, x] = [Math.floor(at / SIDE), at % SIDE];
    [top, left] = [Math.min(top, y), Math.min(left, x)];
    [bottom, right] = [Math.max(bottom, y + 1), Math.max(right, x + 1)];
  });
  return [top, left, bottom, right];
}
