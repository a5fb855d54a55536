/**
 * Learns the demo's masks: `node dist/demo/codec/train.js OUT.npz [--scenes N] [--steps N]`. OUT is laid out as big_vision's
 * vae-oid.npz, for `--mask-decoder`, and has the encoder next to it. Needs the pictures: `npm ci --prefix demo/pictures`.
 *
 * demo/checkpoint/mask-codec.npz is what this wrote.
 */
import { parseArgs } from 'node:util';
import { trainMaskCodec, writeMaskCodec } from '#paligemma';
import { maskOf } from '../answer/segment.js';
import { drawScene } from '../scene/draw-scene.js';
import { Sprites } from '../scene/sprite.js';
import { measureCodec } from './measure-codec.js';

const FIRST_SEED = 1_000_000;
/** As in generate.ts: no training draws these. */
const HELD_OUT_SEED = 1_001_000_000;
const HELD_OUT_SCENES = 200;
const SEED = 1;
const BATCH_SIZE = 32;
/** More gain nothing here, and one thread gives the same numbers wherever there are more. */
const THREADS = 1;
/** Updates between two lines. */
const SAY_EVERY = 50;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    scenes: { type: 'string', default: '1200' },
    steps: { type: 'string', default: '1000' },
  },
});
const [out] = positionals;
if (out === undefined) throw new Error('usage: train.js OUT.npz [--scenes N] [--steps N]');
const sprites = await Sprites.load();
const masks = draw(FIRST_SEED, Number(values.scenes));
console.log(`${masks.length} masks`);
const codec = await trainMaskCodec({
  masks,
  seed: SEED,
  steps: Number(values.steps),
  batchSize: BATCH_SIZE,
  threads: THREADS,
  onStep: (step, loss) => {
    if (step % SAY_EVERY === 0) console.log(`step ${step}: loss ${loss.toFixed(4)}`);
  },
});
await writeMaskCodec(out, codec);
const { meanIou, shareBelow90 } = await measureCodec(out, draw(HELD_OUT_SEED, HELD_OUT_SCENES));
console.log(
  `${out}: mean IoU ${meanIou.toFixed(4)} of masks it has not seen, ` +
    `${(100 * shareBelow90).toFixed(1)} % of them below 0.90`,
);

function draw(first: number, scenes: number): Float32Array[] {
  return Array.from({ length: scenes }, (_, index) =>
    drawScene(first + index, 'full', sprites).objects.map(maskOf),
  ).flat();
}
