import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '#contracts';
import type { Checkpoint } from '../../checkpoint/checkpoint.js';
import type { Recipe } from '../recipe.js';

/**
 * Writes `recipe.json` of a new run, or checks that a run that is there is the same one: the same recipe, the same
 * data, byte for byte, and a base of the same sizes. Errors: `training.other_run`.
 */
export async function identifyRun(
  run: string,
  recipe: Recipe,
  data: string,
  { config, embeddingRows }: Checkpoint,
): Promise<void> {
  const path = join(run, 'recipe.json');
  const identity = {
    recipe: { ...recipe, clipNorm: recipe.clipNorm ?? null },
    data: await sha256(data),
    base: createHash('sha256')
      .update(JSON.stringify([config, embeddingRows]))
      .digest('hex'),
  };
  const text = `${JSON.stringify(identity, undefined, 2)}\n`;
  const known = await readFile(path, 'utf8').catch(() => undefined);
  if (known === undefined) await writeFile(path, text);
  else if (known !== text) throw otherRun(run, known, identity);
}

function otherRun(run: string, known: string, identity: Record<string, unknown>): AppError {
  let before: Record<string, unknown> = {};
  try {
    before = JSON.parse(known) as Record<string, unknown>;
  } catch {
    // Then all of it is another.
  }
  const changed = Object.keys(identity).filter(
    (part) => JSON.stringify(before[part]) !== JSON.stringify(identity[part]),
  );
  return new AppError(
    'training.other_run',
    `${run} holds a run with another ${changed.join(' and ')}. Go on with what it began with, or give a new folder.`,
    { context: { run, changed } },
  );
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
