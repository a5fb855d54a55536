/**
 * Draws scenes and writes them down: `node dist/demo/generate.js OUT --scenes N [--seed S] [--split train|heldout]
 * [--difficulty easy,medium,full,text] [--questions K] [--points SIDE] [--side PIXELS]`. Of several difficulties every
 * scene has the next. Needs the pictures: `npm ci --prefix demo/pictures`.
 *
 * OUT/images/000/000017.jpg ..., SIDE pixels wide as a model of this size sees them, 224 if not given;
 * OUT/examples.jsonl, lines {"image","prefix","suffix"} as `pallet train` takes them, those about a scene together;
 * OUT/points.jsonl with --points, lines {"image","points"} as `pallet train --method tower` takes them, in a grid of SIDE;
 * OUT/scenes.jsonl, lines {"image","seed","objects":[{"label","colour","box"}],"text","characters":
 * [{"character","box"}]}, boxes y1, x1, y2, x2 in 224 pixels.
 */
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { once } from 'node:events';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { MaskEncoder } from '#paligemma';
import { answersTo } from './answer/examples.js';
import { pointsOf } from './answer/points.js';
import { MASK_CODEC } from './checkpoint/begin.js';
import { drawScene } from './scene/draw-scene.js';
import { SIDE, type Difficulty, type Scene } from './scene/scene.js';
import { Sprites } from './scene/sprite.js';
import { writeScene } from './scene/write-scene.js';

/** Pictures that are compressed at once, on other threads. */
const AT_ONCE = 16;
/** Seeds from here on are held out: training never draws one of them. */
const HELD_OUT = 1_000_000_000;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    scenes: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    difficulty: { type: 'string', default: 'full' },
    split: { type: 'string', default: 'train' },
    questions: { type: 'string', default: '4' },
    points: { type: 'string' },
    side: { type: 'string', default: String(SIDE) },
  },
});
const [out] = positionals;
if (out === undefined) throw new Error('usage: generate.js OUT --scenes N [--split heldout] ...');
const difficulties = values.difficulty.split(',') as Difficulty[];
const side = Number(values.side);
const first = Number(values.seed) * 1_000_000 + (values.split === 'heldout' ? HELD_OUT : 0);
const count = Number(values.scenes);
const encoder = await MaskEncoder.load(MASK_CODEC);
const sprites = await Sprites.load();
await mkdir(out, { recursive: true });
const examples = createWriteStream(join(out, 'examples.jsonl'));
const scenes = createWriteStream(join(out, 'scenes.jsonl'));
const points = values.points && createWriteStream(join(out, 'points.jsonl'));
for (let start = 0; start < count; start += AT_ONCE) {
  const indices = Array.from({ length: Math.min(AT_ONCE, count - start) }, (_, at) => start + at);
  const drawn = indices.map((index) => ({
    image: nameOf(index),
    scene: drawScene(first + index, difficulties[index % difficulties.length]!, sprites),
  }));
  await Promise.all(drawn.map(({ image, scene }) => writeScene(join(out, image), scene, side)));
  for (const { image, scene } of drawn) {
    const lines = answersTo(scene, Number(values.questions), encoder);
    for (const line of lines) examples.write(`${JSON.stringify({ image, ...line })}\n`);
    scenes.write(`${JSON.stringify({ image, ...described(scene) })}\n`);
    if (points) {
      const shown = pointsOf(scene, Number(values.points));
      if (shown.length > 0) points.write(`${JSON.stringify({ image, points: shown })}\n`);
    }
  }
}
for (const file of [examples, scenes, ...(points ? [points] : [])]) {
  file.end();
  await once(file, 'finish');
}
console.log(`${count} scenes in ${out}`);

function nameOf(index: number): string {
  const digits = String(index).padStart(6, '0');
  return `images/${digits.slice(0, -3)}/${digits}.jpg`;
}

function described({ seed, objects, text, characters }: Scene) {
  return {
    seed,
    objects: objects.map(({ kind: { label, colour }, box }) => ({ label, colour, box })),
    text,
    characters,
  };
}
