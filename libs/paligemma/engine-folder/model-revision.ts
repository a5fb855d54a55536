import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { findManifest } from './manifest.js';
import { palletVersion } from './pallet-version.js';

/**
 * A text that changes whenever the same question may get another answer: with the files of the model, the version
 * of Pallet and the provider.
 *
 * Of an imported model it is made of the checksums in its manifest, so it is the same on every machine. A published
 * checkpoint has none, and 12 GB are not read for a name: names, sizes and times of its files have to do, so a copy
 * counts as another revision.
 */
export async function modelRevision(directory: string, provider: string): Promise<string> {
  const files = (await findManifest(directory))?.files ?? (await datedFiles(directory));
  const described = { files, provider, version: await palletVersion() };
  return createHash('sha256').update(JSON.stringify(described)).digest('hex').slice(0, 32);
}

async function datedFiles(directory: string): Promise<object[]> {
  const names = (await readdir(directory)).toSorted();
  return Promise.all(
    names.map(async (name) => {
      const { size, mtimeMs } = await stat(join(directory, name));
      return { name, size, mtimeMs };
    }),
  );
}
