import type { Random } from './random.js';
import { SIDE } from './scene.js';

type Colour = readonly [number, number, number];
type Colours = readonly [Colour, Colour, Colour];

/** Steps along the colours of one background. */
const TONES = 512;

/**
 * RGB [SIDE, SIDE, 3]: a gradient, stripes, blobs or checks in three quiet colours, with some noise. By rows and
 * tables: a training draws hundreds of thousands of them.
 */
export function drawBackground(random: Random): Uint8Array {
  const tones = tonesOf([colour(random), colour(random), colour(random)]);
  const shade = random.pick([gradient, stripes, blobs, checks])(random);
  const noise = random.between(0, 10) / 2 ** 31;
  // Xorshift: of what has no meaning, weak numbers are enough, but the state is never to be 0.
  let state = random.whole(1, 2 ** 31 - 1);
  const pixels = new Uint8Array(SIDE * SIDE * 3);
  const clamped = new Uint8ClampedArray(pixels.buffer);
  const row = new Float64Array(SIDE);
  let target = 0;
  for (let y = 0; y < SIDE; y++) {
    shade(y / SIDE, row);
    for (let x = 0; x < SIDE; x++) {
      const place = row[x]!;
      const tone = place <= 0 ? 0 : place >= 1 ? TONES * 3 : Math.trunc(place * TONES) * 3;
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      const grain = state * noise;
      clamped[target] = tones[tone]! + grain;
      clamped[target + 1] = tones[tone + 1]! + grain;
      clamped[target + 2] = tones[tone + 2]! + grain;
      target += 3;
    }
  }
  return pixels;
}

/** Never as strong as things are. */
function colour(random: Random): Colour {
  const base = random.between(90, 230);
  const channel = (): number => base + random.between(-34, 34);
  return [channel(), channel(), channel()];
}

/** [TONES + 1, 3] from the first colour over the second to the third. */
function tonesOf(colours: Colours): Float64Array {
  const tones = new Float64Array((TONES + 1) * 3);
  for (let tone = 0; tone <= TONES; tone++) {
    const at = (2 * tone) / TONES;
    const [from, to] = at < 1 ? [colours[0], colours[1]] : [colours[1], colours[2]];
    const share = at < 1 ? at : at - 1;
    for (let channel = 0; channel < 3; channel++) {
      tones[tone * 3 + channel] = from[channel]! * (1 - share) + to[channel]! * share;
    }
  }
  return tones;
}

/** Writes a row's places among the tones, 0 to 1, at `y` from 0 to 1. */
type Shade = (y: number, row: Float64Array) => void;

function gradient(random: Random): Shade {
  const angle = random.between(0, 2 * Math.PI);
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return (y, row) => {
    const first = 0.5 - 0.5 * cos + (y - 0.5) * sin;
    for (let x = 0; x < SIDE; x++) row[x] = first + (x / SIDE) * cos;
  };
}

function stripes(random: Random): Shade {
  const angle = random.between(0, Math.PI);
  const turns = 2 * Math.PI * random.between(4, 14);
  return waves([{ x: turns * Math.cos(angle), y: turns * Math.sin(angle), phase: 0 }], 0.4);
}

function blobs(random: Random): Shade {
  const all = Array.from({ length: 4 }, () => ({
    x: random.between(-9, 9),
    y: random.between(-9, 9),
    phase: random.between(0, 2 * Math.PI),
  }));
  return waves(all, 1 / 8);
}

interface Wave {
  readonly x: number;
  readonly y: number;
  readonly phase: number;
}

/** The sum of sin(x + y + phase): as sin a cos b + cos a sin b it needs sines of each row and column alone. */
function waves(all: readonly Wave[], strength: number): Shade {
  const columns = all.map((wave) => {
    const sines = new Float64Array(SIDE);
    const cosines = new Float64Array(SIDE);
    for (let x = 0; x < SIDE; x++) {
      sines[x] = strength * Math.sin((wave.x * x) / SIDE);
      cosines[x] = strength * Math.cos((wave.x * x) / SIDE);
    }
    return { ...wave, sines, cosines };
  });
  return (y, row) => {
    row.fill(0.5);
    for (const wave of columns) {
      const { sines, cosines } = wave;
      const [sin, cos] = [Math.sin(wave.y * y + wave.phase), Math.cos(wave.y * y + wave.phase)];
      for (let x = 0; x < SIDE; x++) row[x]! += sines[x]! * cos + cosines[x]! * sin;
    }
  };
}

function checks(random: Random): Shade {
  const count = random.whole(3, 9);
  const places = [random.between(0, 0.4), random.between(0.6, 1)];
  return (y, row) => {
    const first = Math.floor(y * count);
    for (let x = 0; x < SIDE; x++) row[x] = places[(Math.floor((x * count) / SIDE) + first) % 2]!;
  };
}
