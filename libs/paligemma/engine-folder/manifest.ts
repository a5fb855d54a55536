import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '#contracts';
import { findJson } from '../checkpoint/json-file.js';

export const MANIFEST = 'engine.json';
export const WEIGHTS = 'weights.safetensors';
/** big_vision's, when the model was imported with it. */
export const MASK_DECODER = 'vae-oid.npz';

const manifestSchema = z.strictObject({
  /** Of the folder's layout; another number means another Pallet. */
  format: z.literal(1),
  source: z.strictObject({ name: z.string(), revision: z.string().optional() }),
  adapter: z.string().optional(),
  family: z.enum(['paligemma', 'paligemma2']),
  precision: z.enum(['f32', 'f16', 'int8', 'int4']),
  /** Width and height in pixels that the model takes. */
  imageSize: z.int().positive(),
  parameters: z.int().positive(),
  vocabularySize: z.int().positive(),
  createdAt: z.string(),
  /** Version of Pallet that imported it; the first did not say. */
  createdBy: z.string().optional(),
  files: z.array(
    z.strictObject({
      name: z.string().regex(/^[\w.-]+$/),
      bytes: z.int().nonnegative(),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
    }),
  ),
});

/** What engine.json says of the folder it lies in: where the model is from, and the checksum of every other file. */
export type EngineManifest = z.infer<typeof manifestSchema>;

/**
 * The manifest of an engine folder; `undefined` when the folder has none, so is no engine folder.
 * Errors: `engine_folder.unreadable`.
 */
export async function findManifest(directory: string): Promise<EngineManifest | undefined> {
  const found = await findJson(directory, MANIFEST);
  if (!found) return undefined;
  const parsed = manifestSchema.safeParse(found);
  if (parsed.success) return parsed.data;
  throw new AppError(
    'engine_folder.unreadable',
    `${join(directory, MANIFEST)} is damaged or of another version of Pallet: ${z.prettifyError(parsed.error)}. Import the model again.`,
    { context: { directory } },
  );
}
