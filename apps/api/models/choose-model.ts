import { AppError } from '#contracts';
import { listModels, type Queryable } from '#database';

const MOST = 1_000;

/**
 * The model that a request of the tenant means: the one it names, else the only one, else the one named
 * `default`. Models that the tenant has trained must be named: one more of them must not change what other
 * requests mean.
 * Errors: `model.unknown`, `model.none`, `model.ambiguous`, which list the known ones.
 */
export async function chooseModel(
  db: Queryable,
  tenantId: string,
  wanted: string | undefined,
): Promise<string> {
  const models = await listModels(db, tenantId, { limit: MOST });
  const known = models.map((model) => model.name);
  if (known.length === 0) {
    throw new AppError(
      'model.none',
      'No model is known yet. Start a worker; its model registers itself.',
    );
  }
  const names = known.join(', ');
  if (wanted !== undefined) {
    if (known.includes(wanted)) return wanted;
    throw new AppError('model.unknown', `There is no model ${wanted}. Known models: ${names}.`);
  }
  const shared = models.filter((model) => !model.isOwn).map((model) => model.name);
  const [first] = shared;
  if (shared.length === 1 && first !== undefined) return first;
  if (shared.includes('default')) return 'default';
  throw new AppError('model.ambiguous', `Name a model, there are several: ${names}.`);
}
