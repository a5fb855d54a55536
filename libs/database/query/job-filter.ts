import type { JobOutcome, JobState } from '#contracts';

/** Which jobs of a tenant; what is not said does not matter. */
export interface JobFilterInput {
  readonly states?: readonly JobState[];
  readonly outcomes?: readonly JobOutcome[];
  readonly model?: string;
  readonly setId?: string;
  /** Part of the name, in any case. */
  readonly name?: string;
  /** All of these. */
  readonly metadata?: Readonly<Record<string, string>>;
  readonly createdAfter?: Date;
  readonly createdBefore?: Date;
}

/** The same condition for lists and for moves of many jobs, previews in neither; its parameters begin at `$first`. */
export const JOB_FILTER = (first: number): string => {
  const at = (offset: number): string => `$${first + offset}`;
  return `NOT jobs.preview AND (${at(0)}::text[] IS NULL OR jobs.state = ANY(${at(0)}))
    AND (${at(1)}::text[] IS NULL OR outcome_of(jobs) = ANY(${at(1)}))
    AND (${at(2)}::text IS NULL OR jobs.model = ${at(2)})
    AND (${at(3)}::uuid IS NULL OR jobs.set_id = ${at(3)})
    AND (${at(4)}::text IS NULL OR strpos(lower(jobs.name), lower(${at(4)})) > 0)
    AND (${at(5)}::jsonb IS NULL OR jobs.metadata @> ${at(5)})
    AND (${at(6)}::timestamptz IS NULL OR jobs.created_at >= ${at(6)})
    AND (${at(7)}::timestamptz IS NULL OR jobs.created_at < ${at(7)})`;
};

export const jobFilterValues = (filter: JobFilterInput): unknown[] => [
  filter.states ?? null,
  filter.outcomes ?? null,
  filter.model ?? null,
  filter.setId ?? null,
  filter.name ?? null,
  filter.metadata === undefined ? null : JSON.stringify(filter.metadata),
  filter.createdAfter ?? null,
  filter.createdBefore ?? null,
];
