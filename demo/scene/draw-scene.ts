import { drawBackground } from './background.js';
import { placeObjects, type Placed, type Standing } from './place-objects.js';
import { drawPlate, type Plate } from './plate/plate.js';
import { Random } from './random.js';
import { SIDE, type Box, type Difficulty, type Scene, type SceneObject } from './scene.js';
import type { Sprites } from './sprite.js';

/** How many objects there are, and in what share of the scenes a plate. */
const CONTENTS: Record<Difficulty, { objects: readonly [number, number]; plates: number }> = {
  easy: { objects: [1, 1], plates: 0 },
  medium: { objects: [1, 3], plates: 0 },
  full: { objects: [1, 5], plates: 0.4 },
  text: { objects: [0, 2], plates: 1 },
};
/** Alpha from which a pixel is the object's. */
const OPAQUE = 128;
/** Of a pixel that is no object's. */
const NOBODY = -1;

/** A scene that follows from its seed: the same bytes whenever it is drawn. */
export function drawScene(seed: number, difficulty: Difficulty, sprites: Sprites): Scene {
  const random = new Random(Math.imul(seed, 0x9e37_79b1) ^ 0x5bd1_e995);
  const pixels = drawBackground(random);
  const { plate, placed } = compose(random, difficulty, sprites);
  const owners = new Int8Array(SIDE * SIDE).fill(NOBODY);
  if (plate) blend(pixels, owners, plate, NOBODY);
  placed.forEach((object, index) => blend(pixels, owners, object, index));
  const objects = placed.map((object, index) => visible(owners, object, index));
  return { seed, pixels, objects, text: plate?.text, characters: charactersOf(plate) };
}

type Hung = Plate & Standing;

/** The plate first, as it needs the most room: a scene that has none left for any object goes without it. */
function compose(random: Random, difficulty: Difficulty, sprites: Sprites) {
  const { objects, plates } = CONTENTS[difficulty];
  const count = random.whole(...objects);
  const plate = plates > 0 && random.isLucky(plates) ? hang(random) : undefined;
  const placed = placeObjects(random, count, sprites, plate);
  if (placed.length >= objects[0]) return { plate, placed };
  return { plate: undefined, placed: placeObjects(random, count, sprites, undefined) };
}

function hang(random: Random): Hung {
  const plate = drawPlate(random);
  const { width, height } = plate.sprite;
  return { ...plate, left: random.whole(0, SIDE - width), top: random.whole(0, SIDE - height) };
}

function charactersOf(plate: Hung | undefined): Scene['characters'] {
  if (!plate) return [];
  const { characters, left, top } = plate;
  return characters.map(({ character, box: [y1, x1, y2, x2] }) => ({
    character,
    box: [top + y1, left + x1, top + y2, left + x2],
  }));
}

function blend(
  pixels: Uint8Array,
  owners: Int8Array,
  { sprite: { width, height, data }, left, top }: Standing,
  owner: number,
): void {
  let source = 0;
  for (let y = 0; y < height; y++) {
    let target = (top + y) * SIDE + left;
    for (let x = 0; x < width; x++, source += 4, target++) {
      const alpha = data[source + 3]!;
      if (alpha === 0) continue;
      if (alpha >= OPAQUE) owners[target] = owner;
      for (let channel = 0; channel < 3; channel++) {
        const at = target * 3 + channel;
        pixels[at] = (data[source + channel]! * alpha + pixels[at]! * (255 - alpha)) / 255;
      }
    }
  }
}

/** What is seen of an object is within its sprite. */
function visible(owners: Int8Array, placed: Placed, index: number): SceneObject {
  const { kind, sprite, left, top } = placed;
  const mask = new Uint8Array(SIDE * SIDE);
  let [y1, x1, y2, x2] = [SIDE, SIDE, 0, 0];
  for (let y = top; y < top + sprite.height; y++) {
    for (let x = left; x < left + sprite.width; x++) {
      if (owners[y * SIDE + x] !== index) continue;
      mask[y * SIDE + x] = 1;
      if (x < x1) x1 = x;
      if (x >= x2) x2 = x + 1;
      if (y < y1) y1 = y;
      y2 = y + 1;
    }
  }
  const box: Box = [y1, x1, y2, x2];
  return { kind, mask, box };
}
