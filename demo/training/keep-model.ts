import { createReadStream, createWriteStream } from 'node:fs';
import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';
import { rewriteCheckpoint } from '#paligemma';
import { examine } from '../score/examine.js';
import { EXAMINATION, STAGES } from './recipe.js';
import { drawScenes, type Workplace } from './run-stage.js';

/** Where the demo finds it, from the root. */
const MODEL = 'demo/model';
/** Updates of which one stays in the log that is kept. */
const LOG_EVERY = 20;

/** Puts what was trained into the repository: the checkpoint, its scores, and how it came to be. */
export async function keepModel(place: Workplace, trained: string): Promise<void> {
  const model = join(place.root, MODEL);
  await rewriteCheckpoint(trained, model, { type: 'float16' });
  await keepCourse(place, join(place.root, 'demo/course'));
  const examination = await drawScenes(place, 'examination', EXAMINATION, 'heldout');
  const { answers, scores } = await examine(model, join(examination, 'examples.jsonl'));
  const told = { scenes: EXAMINATION.scenes, answers, scores };
  await writeFile(join(model, 'scores.json'), `${JSON.stringify(told, undefined, 2)}\n`);
  console.log(JSON.stringify(told));
}

/** Log and plot of each stage. */
async function keepCourse(place: Workplace, folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const { name } of STAGES) {
    const run = join(place.folder, 'runs', name);
    await copyFile(join(run, 'plot.svg'), join(folder, `${name}.svg`));
    await thin(join(run, 'log.jsonl'), join(folder, `${name}.jsonl`));
  }
}

const thin = (from: string, to: string): Promise<void> =>
  pipeline(keptLines(from), createWriteStream(to));

async function* keptLines(log: string): AsyncGenerator<string> {
  for await (const line of createInterface({ input: createReadStream(log) })) {
    const { kind, step } = JSON.parse(line) as { kind: string; step?: number };
    const isKept = kind === 'step' ? step! % LOG_EVERY === 0 : kind !== 'checkpoint';
    if (isKept) yield `${line}\n`;
  }
}
