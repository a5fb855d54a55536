/**
 * Trains the demo's checkpoint from nothing: `npm run train:demo [-- --work FOLDER] [--until STAGE]`. Takes hours; what is
 * done is not done again, and a stage that was stopped goes on from its last checkpoint.
 *
 * FOLDER (default .pallet/train-demo) holds the scenes and a run of each stage. At the end demo/model is replaced: the
 * checkpoint in half precision, its scores on held-out scenes, and log and plot of each stage.
 */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { rewriteCheckpoint } from '#paligemma';
import { beginCheckpoint } from './checkpoint/begin.js';
import { keepModel } from './training/keep-model.js';
import { HELD_OUT, SCENES, STAGES } from './training/recipe.js';
import { drawScenes, PartEnded, runStage, type Workplace } from './training/run-stage.js';

const { values } = parseArgs({
  options: {
    work: { type: 'string', default: '.pallet/train-demo' },
    until: { type: 'string' },
  },
});
const place: Workplace = { folder: resolve(values.work), root: resolve('.') };
const last = STAGES.findIndex(({ name }) => name === (values.until ?? STAGES.at(-1)!.name));
if (last === -1) throw new Error(`the stages are ${STAGES.map(({ name }) => name).join(', ')}`);
try {
  await trainStages();
} catch (error) {
  if (!(error instanceof PartEnded)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

async function trainStages(): Promise<void> {
  await mkdir(place.folder, { recursive: true });
  let side = HELD_OUT.side;
  let base = join(place.folder, 'first');
  if (!existsSync(join(base, 'tokenizer.json'))) await beginCheckpoint(base, side);
  for (const stage of STAGES.slice(0, last + 1)) {
    console.log(`\nstage ${stage.name}`);
    const training: string[] = [];
    for (const name of stage.scenes) training.push(await drawScenes(place, name, SCENES[name]!));
    const wanted = SCENES[stage.scenes[0]!]!.side;
    if (wanted !== side) base = await enlarge(base, wanted);
    side = wanted;
    const shown = { ...HELD_OUT, side };
    const heldOut = await drawScenes(place, `held-out-${side}`, shown, 'heldout');
    base = await runStage(place, stage, { training, heldOut }, base);
  }
  if (last === STAGES.length - 1) await keepModel(place, base);
}

/** The same weights for larger pictures, their positions in between those that were learned. */
async function enlarge(base: string, side: number): Promise<string> {
  const larger = join(place.folder, `for-${side}`);
  if (!existsSync(join(larger, 'config.json'))) {
    await rewriteCheckpoint(base, larger, { type: 'float32', imageSize: side });
  }
  return larger;
}
