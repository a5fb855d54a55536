import { AppError, type JobLimits } from '#contracts';
import { hasPassed, type NewJobLimits, type Queryable } from '#database';

/** Errors: `job.deadline_passed`. */
export async function jobLimitsOf(tx: Queryable, request: JobLimits): Promise<NewJobLimits> {
  const deadlineAt = request.deadline_at === undefined ? undefined : new Date(request.deadline_at);
  if (deadlineAt !== undefined && (await hasPassed(tx, deadlineAt))) {
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
