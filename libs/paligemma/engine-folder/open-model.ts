import { openCheckpoint, type Checkpoint } from '../checkpoint/checkpoint.js';
import { findManifest } from './manifest.js';
import { openEngineFolder } from './open-engine-folder.js';

/** Opens what import made, or a Hugging Face checkpoint as it was published. Errors: those of either. */
export async function openModel(directory: string): Promise<Checkpoint> {
  const manifest = await findManifest(directory);
  return manifest ? openEngineFolder(directory, manifest) : openCheckpoint(directory);
}
