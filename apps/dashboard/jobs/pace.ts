import type { Job } from '#contracts';

/** Looks at a job that are kept to tell its pace, and over how long, milliseconds. */
const WINDOW_MS = 30_000;
/** Looks closer together than this say too little, milliseconds. */
const SPAN_MS = 3_000;

export interface Look {
  readonly at: number;
  readonly ended: number;
}

export interface Pace {
  /** Items a second. */
  readonly perSecond: number;
  /** Until the last item has ended, if it goes on like this; undefined where nobody can tell. */
  readonly secondsLeft: number | undefined;
}

export const endedOf = ({ item_counts: { succeeded, failed, cancelled } }: Job): number =>
  succeeded + failed + cancelled;

/** Adds what was seen now, and forgets what is too old to tell the pace. */
export function addLook(looks: readonly Look[], look: Look): readonly Look[] {
  const last = looks.at(-1);
  if (last !== undefined && last.ended === look.ended && look.at - last.at < 500) return looks;
  return [...looks.filter(({ at }) => look.at - at <= WINDOW_MS), look];
}

/**
 * Input: a job and what was seen of it, oldest first. Output: its pace over that time, or since its start
 * where too little was seen; undefined for a job that does not run.
 */
export function paceOf(job: Job, looks: readonly Look[], now: number): Pace | undefined {
  if (job.state !== 'running' || job.started_at === null) return undefined;
  const [first, last] = [looks[0], looks.at(-1)];
  const wasWatched = first !== undefined && last !== undefined && last.at - first.at >= SPAN_MS;
  const seconds = wasWatched
    ? (last.at - first.at) / 1000
    : Math.max(1, (now - Date.parse(job.started_at)) / 1000);
  const items = wasWatched ? last.ended - first.ended : endedOf(job);
  const perSecond = items / seconds;
  const left = job.item_counts.total - endedOf(job);
  return { perSecond, secondsLeft: perSecond > 0 ? left / perSecond : undefined };
}
