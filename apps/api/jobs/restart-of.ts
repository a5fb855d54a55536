import { publicId, type CreateJob, type RestartJob } from '#contracts';
import type { JobRecord } from '#database';

/** The order of a job again, with changes. A deadline is not taken over: it was that job's. */
export function restartOf(old: JobRecord, changes: RestartJob): CreateJob {
  return {
    image_set: publicId('set', old.setId),
    seal: false,
    tasks: old.tasks === 'own' ? 'own' : [...old.tasks],
    model: old.model,
    priority: old.priority,
    name: old.name ?? undefined,
    metadata: { ...old.metadata },
    cache: old.cache,
    max_failure_rate: old.maxFailureRate ?? undefined,
    failure_rate_min_items: old.failureRateMinItems,
    ...changes,
  };
}
