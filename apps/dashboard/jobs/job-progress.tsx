import type { Job } from '#contracts';
import { count, percent } from '../parts/format';

/** What ended well, what failed, what was cancelled, of all; the words say the same. */
export function JobProgress({ job }: { readonly job: Job }) {
  const { total, succeeded, failed, cancelled } = job.item_counts;
  const share = (items: number): string => `${total === 0 ? 0 : (items / total) * 100}%`;
  const text = [
    percent(job.progress),
    failed > 0 ? `${count(failed)} failed` : undefined,
    cancelled > 0 ? `${count(cancelled)} cancelled` : undefined,
  ].filter((part) => part !== undefined);
  return (
    <div
      className="progress"
      role="progressbar"
      aria-label={`Progress of ${job.name ?? job.id}`}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.floor(job.progress * 100)}
      aria-valuetext={text.join(', ')}
    >
      <span className="done" style={{ width: share(succeeded) }} />
      <span className="bad" style={{ width: share(failed) }} />
      <span className="off" style={{ width: share(cancelled) }} />
    </div>
  );
}
