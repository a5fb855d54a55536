import {
  publicId,
  type FineTuning,
  type FineTuningCheckpoint,
  type FineTuningEvent,
} from '#contracts';
import type {
  FineTuningCheckpointRecord,
  FineTuningEventRecord,
  FineTuningRecord,
} from '#database';

export function viewFineTuning(job: FineTuningRecord): FineTuning {
  return {
    object: 'fine_tuning.job',
    id: publicId('tuning', job.id),
    model: job.base,
    training_file: publicId('file', job.trainingFile),
    validation_file: job.validationFile && publicId('file', job.validationFile),
    image_set: job.setId && publicId('set', job.setId),
    method: job.plan.method,
    hyperparameters: job.plan.hyperparameters,
    seed: job.plan.seed,
    suffix: job.suffix,
    precision: job.precision,
    state: job.state,
    step: job.step,
    steps: job.steps,
    checkpoint_step: job.checkpointStep,
    fine_tuned_model: job.model,
    error: job.error,
    metadata: { ...job.metadata },
    created_at: job.createdAt.toISOString(),
    started_at: job.startedAt?.toISOString() ?? null,
    finished_at: job.finishedAt?.toISOString() ?? null,
  };
}

export const viewFineTuningEvent = (event: FineTuningEventRecord): FineTuningEvent => ({
  object: 'fine_tuning.job.event',
  n: event.n,
  type: event.type,
  level: event.level,
  message: event.message,
  step: event.step,
  data: { ...event.data },
  created_at: event.createdAt.toISOString(),
});

export const viewFineTuningCheckpoint = (
  checkpoint: FineTuningCheckpointRecord,
): FineTuningCheckpoint => ({
  object: 'fine_tuning.job.checkpoint',
  step: checkpoint.step,
  bytes: checkpoint.bytes,
  created_at: checkpoint.createdAt.toISOString(),
});
