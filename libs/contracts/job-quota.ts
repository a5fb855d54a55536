/** How much work that has not ended a tenant may have, at any moment. */
export interface JobQuota {
  /** Jobs that have not ended: waiting, running, paused or being cancelled; predictions, previews and batches too. */
  readonly openJobs: number;
  /** Images of those jobs that are not done yet. */
  readonly queuedItems: number;
}

/** For whoever has no tenants to hold apart. */
export const NO_JOB_QUOTA: JobQuota = Object.freeze({
  openJobs: Number.POSITIVE_INFINITY,
  queuedItems: Number.POSITIVE_INFINITY,
});
