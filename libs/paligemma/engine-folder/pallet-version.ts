import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** As package.json has it, whether this runs from `dist` or from the sources; `unknown` where there is none. */
export async function palletVersion(): Promise<string> {
  const here = dirname(fileURLToPath(import.meta.url));
  for (let folder = here; folder !== dirname(folder); folder = dirname(folder)) {
    const path = join(folder, 'package.json');
    if (!existsSync(path)) continue;
    const { version } = JSON.parse(await readFile(path, 'utf8')) as { version?: string };
    return version ?? 'unknown';
  }
  return 'unknown';
}
