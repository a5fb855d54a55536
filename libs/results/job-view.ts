import { publicId, publicItemId, type ItemResult, type Job } from '#contracts';
import type { ItemRecord, JobRecord } from '#database';
import { jobOutcome, jobProgress } from '#pipeline';

export function viewJob(job: JobRecord): Job {
  const { succeeded, failed, cancelled } = job;
  const counts = { total: job.itemCount, succeeded, failed, cancelled };
  return {
    object: 'job',
    id: publicId('job', job.id),
    name: job.name,
    image_set: publicId('set', job.setId),
    model: job.model,
    tasks: job.tasks === 'own' ? 'own' : [...job.tasks],
    priority: job.priority,
    state: job.state,
    outcome: jobOutcome(job.state, counts, job.stopReason),
    item_counts: counts,
    error_counts: { ...job.errorCounts },
    progress: jobProgress(counts),
    cache: job.cache,
    max_failure_rate: job.maxFailureRate,
    failure_rate_min_items: job.failureRateMinItems,
    deadline_at: job.deadlineAt?.toISOString() ?? null,
    stop_reason: job.stopReason,
    restarted_from: job.restartedFrom === null ? null : publicId('job', job.restartedFrom),
    metadata: { ...job.metadata },
    created_at: job.createdAt.toISOString(),
    started_at: job.startedAt?.toISOString() ?? null,
    finished_at: job.finishedAt?.toISOString() ?? null,
  };
}

export function viewItem(jobId: string, item: ItemRecord): ItemResult {
  return {
    object: 'item',
    id: publicItemId(jobId, item.n),
    n: item.n,
    image: {
      name: item.imageName,
      sha256: item.sha256,
      width: item.width,
      height: item.height,
      custom_id: item.customId,
      metadata: { ...item.metadata },
    },
    state: item.state,
    answers: [...item.answers],
    ...(item.tasks && { tasks: [...item.tasks] }),
    error: item.error,
    attempts: item.attempts,
    timings: item.timings,
    worker: item.worker && { ...item.worker, id: publicId('worker', item.worker.id) },
    leased_at: item.leasedAt?.toISOString() ?? null,
    finished_at: item.finishedAt.toISOString(),
  };
}
