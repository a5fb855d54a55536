import { AppError, type JobLimits } from '#contracts';
import type { NewJobLimits } from '#database';

/** Errors: `job.deadline_passed`. */
export function jobLimitsOf(request: JobLimits): NewJobLimits {
  const deadlineAt = request.deadline_at === undefined ? undefined : new Date(request.deadline_at);
  if (deadlineAt !== undefined && deadlineAt.getTime() <= Date.now()) {
    throw new AppError(
      'job.deadline_passed',
      'The deadline has passed already. Name a later one, or `timeout_seconds` from now.',
    );
  }
  return {
    maxFailureRate: request.max_failure_rate,
    failureRateMinItems: request.failure_rate_min_items,
    deadlineAt,
    timeoutSeconds: request.timeout_seconds,
  };
}
