import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AppError, type ModelOrder, type PublishedModel, type TrainingOrder } from '#contracts';
import { ModelStore } from '#models';
import { findManifest } from '#paligemma';

/** big_vision's, where it lies beside the base: masks are made with it. */
const MASK_DECODER = 'vae-oid.npz';

/**
 * Makes a model of a result: of a whole checkpoint as it is, of an adapter merged into its base. One of that
 * name that is there already is this one: an earlier attempt came as far as that.
 * Errors: those of `ModelStore.import`.
 */
export async function publishModel(
  { base, plan }: TrainingOrder,
  { models, name, precision }: ModelOrder,
  result: string,
  onProgress: (progress: { readonly bytes: number; readonly total: number }) => void,
): Promise<PublishedModel> {
  const store = new ModelStore(models);
  const directory = store.path(name);
  const before = await findManifest(directory).catch(() => undefined);
  const manifest = before ?? (await importResult());
  return { name, directory, family: manifest.family, imageSize: manifest.imageSize };

  function importResult() {
    const isAdapter = plan.method.type === 'lora';
    const source = isAdapter ? base : result;
    const adapter = isAdapter ? result : undefined;
    const codec = join(base, MASK_DECODER);
    const maskDecoder = existsSync(codec) ? codec : undefined;
    return store
      .import(source, name, { precision, adapter, maskDecoder, onProgress })
      .catch((error: unknown) => {
        if (error instanceof AppError) throw error;
        throw new AppError(
          'training.not_imported',
          `The result could not be made a model: ${error}`,
          {
            cause: error,
          },
        );
      });
  }
}
