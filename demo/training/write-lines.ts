import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';
import type { Stage } from './stage.js';

/**
 * Writes what a stage learns into one file above the folders of its scenes, unless it is there: their lines one set
 * after the other, those about a scene together. Output: its path.
 */
export async function writeLines(
  sets: readonly string[],
  stage: Stage,
  path: string,
): Promise<string> {
  if (existsSync(path)) return path;
  const unfinished = `${path}.part`;
  await pipeline(chosenLines(sets, stage, dirname(path)), createWriteStream(unfinished));
  await rename(unfinished, path);
  return path;
}

async function* chosenLines(
  sets: readonly string[],
  { file, perScene, lines = Infinity }: Stage,
  above: string,
): AsyncGenerator<string> {
  let count = 0;
  for (const set of sets) {
    let scene: string | undefined;
    let left: Record<string, number> = {};
    for await (const text of createInterface({ input: createReadStream(join(set, file)) })) {
      const line = JSON.parse(text) as { readonly image: string; readonly prefix?: string };
      if (line.image !== scene) left = { ...perScene };
      scene = line.image;
      if (perScene) {
        const task = line.prefix?.split(' ', 1)[0] ?? '';
        if (!left[task]) continue;
        left[task] -= 1;
      }
      if (count++ === lines) return;
      yield `${JSON.stringify({ ...line, image: join(relative(above, set), line.image) })}\n`;
    }
  }
}
