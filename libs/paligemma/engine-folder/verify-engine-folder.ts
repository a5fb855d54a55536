import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '#contracts';
import { Tokenizer } from '../tokenizer/tokenizer.js';
import { vocabularySize } from '../tokenizer/vocabulary-size.js';
import { findManifest, type EngineManifest } from './manifest.js';
import { openEngineFolder } from './open-engine-folder.js';

export interface VerifyOptions {
  readonly onProgress?: (bytesRead: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * Reads every byte of an engine folder and compares it with the manifest, and every tensor with what the model needs.
 * Errors: `engine_folder.none`, `engine_folder.changed` (naming the file), those of `openEngineFolder`,
 * `Tokenizer.load` and `vocabularySize`.
 */
export async function verifyEngineFolder(
  directory: string,
  options: VerifyOptions = {},
): Promise<EngineManifest> {
  const manifest = await findManifest(directory);
  if (!manifest) {
    throw new AppError(
      'engine_folder.none',
      `${directory} has no engine.json: it is no imported model. Import one first.`,
      { context: { directory } },
    );
  }
  for (const file of manifest.files) {
    const path = join(directory, file.name);
    const bytes = await stat(path).then(
      ({ size }) => size,
      () => undefined,
    );
    if (bytes !== file.bytes || (await sha256(path, options)) !== file.sha256) {
      throw new AppError(
        'engine_folder.changed',
        `${path} is ${bytes === undefined ? 'missing' : 'not as it was imported'}. Import the model again.`,
        { context: { path } },
      );
    }
  }
  vocabularySize(await openEngineFolder(directory, manifest), await Tokenizer.load(directory));
  return manifest;
}

/** Of a file, in hexadecimal. */
export async function sha256(path: string, options: VerifyOptions = {}): Promise<string> {
  const hash = createHash('sha256');
  for await (const block of createReadStream(path, {
    highWaterMark: 1 << 20,
    signal: options.signal,
  })) {
    hash.update(block as Buffer);
    options.onProgress?.((block as Buffer).length);
  }
  return hash.digest('hex');
}
