import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

export interface BasePlaces {
  /** Each folder in it with a config.json is a base of that name. */
  readonly basesDirectory: string | undefined;
  /** One more, which wins over one of its name in the folder. */
  readonly base: { readonly name: string; readonly directory: string } | undefined;
}

/** The checkpoints that can be trained on this machine now, with their folders. */
export async function findBases({
  basesDirectory,
  base,
}: BasePlaces): Promise<Map<string, string>> {
  const bases = new Map<string, string>();
  if (basesDirectory !== undefined) {
    // A folder that is not there yet has no bases yet.
    for (const name of await readdir(basesDirectory).catch(() => [])) {
      const directory = join(basesDirectory, name);
      if (!name.startsWith('.') && (await isCheckpoint(directory))) bases.set(name, directory);
    }
  }
  if (base !== undefined) bases.set(base.name, base.directory);
  return bases;
}

const isCheckpoint = (directory: string): Promise<boolean> =>
  stat(join(directory, 'config.json')).then(
    (found) => found.isFile(),
    () => false,
  );
