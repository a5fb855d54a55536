import type { Random } from './random.js';
import { SIDE } from './scene.js';

type Colour = readonly [number, number, number];

/** RGB [SIDE, SIDE, 3]: a gradient, stripes, blobs or checks in two or three quiet colours, with some noise. */
export function drawBackground(random: Random): Uint8Array {
  const colours = [colour(random), colour(random), colour(random)] as const;
  const shade = random.pick([gradient, stripes, blobs, checks])(random);
  const noise = random.between(0, 10);
  const pixels = new Uint8Array(SIDE * SIDE * 3);
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      const place = shade(x / SIDE, y / SIDE);
      const grain = random.between(-noise, noise);
      for (let channel = 0; channel < 3; channel++) {
        const value = mixed(colours, place, channel) + grain;
        pixels[(y * SIDE + x) * 3 + channel] = Math.max(0, Math.min(255, value));
      }
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

/** Along three colours, `place` from 0 to 1. */
function mixed(colours: readonly [Colour, Colour, Colour], place: number, channel: number): number {
  const at = Math.max(0, Math.min(1, place)) * 2;
  const [from, to] = at < 1 ? [colours[0], colours[1]] : [colours[1], colours[2]];
  const share = at < 1 ? at : at - 1;
  return from[channel]! * (1 - share) + to[channel]! * share;
}

type Shade = (x: number, y: number) => number;

function gradient(random: Random): Shade {
  const angle = random.between(0, 2 * Math.PI);
  return (x, y) => 0.5 + (x - 0.5) * Math.cos(angle) + (y - 0.5) * Math.sin(angle);
}

function stripes(random: Random): Shade {
  const angle = random.between(0, Math.PI);
  const count = random.between(4, 14);
  return (x, y) =>
    0.5 + 0.4 * Math.sin(2 * Math.PI * count * (x * Math.cos(angle) + y * Math.sin(angle)));
}

function blobs(random: Random): Shade {
  const waves = Array.from({ length: 4 }, () => ({
    x: random.between(-9, 9),
    y: random.between(-9, 9),
    phase: random.between(0, 2 * Math.PI),
  }));
  return (x, y) =>
    waves.reduce((sum, wave) => sum + Math.sin(wave.x * x + wave.y * y + wave.phase) / 8, 0.5);
}

function checks(random: Random): Shade {
  const count = random.whole(3, 9);
  const [low, high] = [random.between(0, 0.4), random.between(0.6, 1)];
  return (x, y) => ((Math.floor(x * count) + Math.floor(y * count)) % 2 === 0 ? low : high);
}
