import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { join } from 'node:path';
import { PATCH } from '../checkpoint/begin.js';
import type { SceneSet, Stage } from './stage.js';
import { writeLines } from './write-lines.js';

/** Folders of one run of all stages. */
export interface Workplace {
  /** Absolute. */
  readonly folder: string;
  /** Of the build: its `demo` and, beside it, `bin/pallet.js`. */
  readonly root: string;
}

/** A part of the training failed or was interrupted, and has said why. */
export class PartEnded extends Error {}

/** Written last, so that a set that was cut off is drawn again. */
const COMPLETE = '.complete';

/** Draws a set of scenes unless it is there. Output: its folder. */
export async function drawScenes(
  { folder, root }: Workplace,
  name: string,
  set: SceneSet,
  split: 'train' | 'heldout' = 'train',
): Promise<string> {
  const out = join(folder, 'scenes', name);
  if (existsSync(join(out, COMPLETE))) return out;
  await run(root, [
    join(root, 'dist/demo/generate.js'),
    out,
    ...optionsOf({
      scenes: set.scenes,
      seed: set.seed,
      difficulty: set.difficulties.join(','),
      questions: set.questions,
      side: set.side,
      points: set.side / PATCH,
      split,
    }),
  ]);
  await writeFile(join(out, COMPLETE), '');
  return out;
}

/** Trains one stage from a checkpoint, or goes on where it was left. Output: the folder of what came out. */
export async function runStage(
  { folder, root }: Workplace,
  stage: Stage,
  { training, heldOut }: { readonly training: readonly string[]; readonly heldOut: string },
  base: string,
): Promise<string> {
  const output = join(folder, 'runs', stage.name);
  const result = join(output, 'result');
  if (existsSync(join(result, 'config.json'))) return result;
  await mkdir(output, { recursive: true });
  await run(root, [
    join(root, 'bin/pallet.js'),
    'train',
    await writeLines(training, stage, join(folder, 'scenes', `${stage.name}.jsonl`)),
    ...optionsOf({
      base,
      validation: join(heldOut, stage.file),
      output,
      recompute: 'false',
      ...stage.options,
    }),
  ]);
  return result;
}

const optionsOf = (options: Readonly<Record<string, string | number>>): string[] =>
  Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);

/** In the foreground, so that Ctrl-C reaches the training: it then ends with a checkpoint. */
async function run(root: string, args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' });
  const ignore = (): void => undefined;
  process.on('SIGINT', ignore);
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  process.off('SIGINT', ignore);
  if (code === 0) return;
  throw new PartEnded(`ended with ${signal ?? code}; the same command goes on from there`);
}
