/** Draws the scenes of examples/scenes: `node dist/demo/examples.js`. No stage learned from them. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { drawScene } from './scene/draw-scene.js';
import { Sprites } from './scene/sprite.js';
import { writeScene } from './scene/write-scene.js';

const PICTURES = 'demo/pictures/node_modules/@lobehub/fluent-emoji-3d/assets';
const OUT = 'examples/scenes';
/** Held out. Chosen for what is in them, before there was a model to answer: a dog, a car or a cat, and plates. */
const SEEDS = [
  1_002_000_048, 1_002_000_687, 1_002_000_018, 1_002_000_111, 1_002_000_422, 1_002_000_944,
  1_002_000_199, 1_002_001_054,
];

const sprites = await Sprites.load(PICTURES);
await mkdir(OUT, { recursive: true });
for (const [index, seed] of SEEDS.entries()) {
  await writeScene(join(OUT, `scene-${index + 1}.jpg`), drawScene(seed, 'full', sprites));
}
