import {
  AppError,
  completePlan,
  newUuid,
  notFound,
  requireUuid,
  type CreateFineTuning,
} from '#contracts';
import {
  createFineTuning,
  findImageSet,
  findFile,
  listBases,
  type FineTuningRecord,
  type Queryable,
} from '#database';
import { sealImageSet } from '../image-sets/seal-image-set.js';

/**
 * Input: an open transaction. Output: a queued job.
 * Errors: `tuning.no_trainer`, `tuning.unknown_base`, `file.not_found`, `set.not_found`, `set.open`, `set.empty`.
 */
export async function orderFineTuning(
  tx: Queryable,
  tenantId: string,
  request: CreateFineTuning,
): Promise<FineTuningRecord> {
  await requireBase(tx, request.model);
  const { method, hyperparameters, seed, validation_file: validation } = request;
  return createFineTuning(tx, {
    id: newUuid(),
    tenantId,
    base: request.model,
    trainingFile: await requireFile(tx, tenantId, request.training_file),
    validationFile: validation === undefined ? null : await requireFile(tx, tenantId, validation),
    setId: await requireSealedSet(tx, tenantId, request),
    plan: completePlan({ method, hyperparameters, seed }),
    suffix: request.suffix ?? null,
    precision: request.precision,
    metadata: request.metadata ?? {},
  });
}

async function requireBase(tx: Queryable, base: string): Promise<void> {
  const bases = await listBases(tx);
  if (bases.includes(base)) return;
  if (bases.length > 0) {
    throw new AppError(
      'tuning.unknown_base',
      `No trainer has a base ${base}. They have: ${bases.join(', ')}.`,
    );
  }
  throw new AppError(
    'tuning.no_trainer',
    'No trainer is known yet. Start one with a base checkpoint; it registers itself.',
  );
}

async function requireFile(tx: Queryable, tenantId: string, id: string): Promise<string> {
  const file = await findFile(tx, tenantId, requireUuid('file', id), { hold: true });
  if (file === undefined) throw notFound('file', id);
  if (file.purpose !== 'fine-tune') {
    throw new AppError(
      'file.wrong_purpose',
      `The file ${id} was sent for \`${file.purpose}\`; send it again with the purpose \`fine-tune\`.`,
    );
  }
  return file.id;
}

async function requireSealedSet(
  tx: Queryable,
  tenantId: string,
  { image_set: id, seal }: CreateFineTuning,
): Promise<string | null> {
  if (id === undefined) return null;
  const setId = requireUuid('set', id);
  const set = seal
    ? await sealImageSet(tx, tenantId, setId)
    : await findImageSet(tx, tenantId, setId, { use: true });
  if (set === undefined) throw notFound('set', id);
  if (set.state === 'sealed') return set.id;
  throw new AppError('set.open', 'The set is still open. Seal it first, or send `seal: true`.');
}
