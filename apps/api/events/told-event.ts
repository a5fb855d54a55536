import { publicId, type IdKind } from '#contracts';
import {
  findFineTuningsById,
  findImageSetsById,
  findJobsById,
  findModelImportsById,
  type Change,
  type ChangedKind,
  type ChangePosition,
  type Queryable,
} from '#database';
import { viewFineTuning } from '../fine-tuning/fine-tuning-view.js';
import { viewImageSet } from '../image-sets/image-set-view.js';
import { viewModelImport } from '../models/model-import-view.js';
import { viewJob } from '#results';

/** What followers of a tenant are told: its newest form, once, however many of them there are. */
export interface ToldEvent {
  /** One of two events with the same key replaces the other in a buffer. */
  readonly key: string;
  readonly type: string;
  /** JSON. */
  readonly data: string;
  /** Where it stands among the changes; without one it cannot be gone on from. */
  readonly position?: ChangePosition;
  /** The subject has reached its end. */
  readonly isLast?: boolean;
}

interface View {
  readonly object: string;
  readonly finished_at?: string | null;
}

const FINDERS: Record<
  ChangedKind,
  (db: Queryable, ids: readonly string[]) => Promise<Map<string, View>>
> = {
  job: async (db, ids) => viewsOf(await findJobsById(db, ids), viewJob),
  set: async (db, ids) => viewsOf(await findImageSetsById(db, ids), viewImageSet),
  tuning: async (db, ids) => viewsOf(await findFineTuningsById(db, ids), viewFineTuning),
  model_import: async (db, ids) => viewsOf(await findModelImportsById(db, ids), viewModelImport),
};

/** Names of what is no longer there to show. */
const OBJECTS: Record<ChangedKind, string> = {
  job: 'job',
  set: 'image_set',
  tuning: 'fine_tuning.job',
  model_import: 'model_import',
};

/**
 * Input: changes, in order. Output: an event for each, in the same order, with its subject as the API shows
 * it now, which may be newer than the change. Errors: those of the connection.
 */
export async function tellChanges(
  db: Queryable,
  changes: readonly Change[],
): Promise<(ToldEvent & { tenantId: string; position: ChangePosition })[]> {
  const kinds = [...new Set(changes.map(({ kind }) => kind))];
  const views = new Map<string, View>();
  for (const kind of kinds) {
    const ids = changes.filter((change) => change.kind === kind).map(({ subjectId }) => subjectId);
    for (const [id, view] of await FINDERS[kind](db, ids)) views.set(id, view);
  }
  return changes.map((change) => ({
    ...tell(change.kind, change.subjectId, views.get(change.subjectId)),
    tenantId: change.tenantId,
    position: { xid: change.xid, n: change.n },
  }));
}

function tell(kind: ChangedKind, id: string, view: View | undefined): ToldEvent {
  if (view !== undefined) {
    const isLast = typeof view.finished_at === 'string';
    return { key: id, type: view.object, data: JSON.stringify(view), isLast };
  }
  const gone = { object: OBJECTS[kind], id: publicId(kind satisfies IdKind, id), deleted: true };
  return { key: id, type: `${OBJECTS[kind]}.deleted`, data: JSON.stringify(gone), isLast: true };
}

const viewsOf = <R extends { id: string }>(records: readonly R[], view: (record: R) => View) =>
  new Map(records.map((record) => [record.id, view(record)]));
