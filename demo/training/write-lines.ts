import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { once } from 'node:events';
import { basename, dirname, join, relative } from 'node:path';
import { createInterface } from 'node:readline';
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
  const out = createWriteStream(unfinished);
  let count = 0;
  for await (const line of chosenLines(sets, stage, dirname(path))) {
    if (count++ === stage.lines) break;
    if (!out.write(`${line}\n`)) await once(out, 'drain');
  }
  out.end();
  await once(out, 'finish');
  await rename(unfinished, path);
  return path;
}

async function* chosenLines(
  sets: readonly string[],
  { file, perScene }: Stage,
  above: string,
): AsyncGenerator<string> {
  for (const set of sets) {
    const said = new Map<string, number>();
    let scene: string | undefined;
    for await (const text of createInterface({ input: createReadStream(join(set, file)) })) {
      const line = JSON.parse(text) as { readonly image: string; readonly prefix?: string };
      if (line.image !== scene) said.clear();
      scene = line.image;
      const task = line.prefix?.split(' ', 1)[0] ?? basename(file);
      const times = said.get(task) ?? 0;
      said.set(task, times + 1);
      if (perScene && times >= (perScene[task] ?? 0)) continue;
      yield JSON.stringify({ ...line, image: join(relative(above, set), line.image) });
    }
  }
}
