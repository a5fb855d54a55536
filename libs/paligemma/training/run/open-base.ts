import { AppError } from '#contracts';
import { openCheckpoint, type Checkpoint } from '../../checkpoint/checkpoint.js';
import { findManifest } from '../../engine-folder/manifest.js';
import { Tokenizer } from '../../tokenizer/tokenizer.js';
import { vocabularySize } from '../../tokenizer/vocabulary-size.js';

export interface Base {
  readonly directory: string;
  readonly checkpoint: Checkpoint;
  readonly tokenizer: Tokenizer;
  readonly vocabularySize: number;
}

/** Errors: `training.bad_base` for an engine folder, whose weights were rounded; `checkpoint.*`. */
export async function openBase(directory: string): Promise<Base> {
  if (await findManifest(directory)) {
    throw new AppError(
      'training.bad_base',
      `${directory} is an imported model, whose weights were rounded for answering. Give the checkpoint that it was imported from.`,
      { context: { directory } },
    );
  }
  const checkpoint = await openCheckpoint(directory);
  const tokenizer = await Tokenizer.load(directory);
  return {
    directory,
    checkpoint,
    tokenizer,
    vocabularySize: vocabularySize(checkpoint, tokenizer),
  };
}
