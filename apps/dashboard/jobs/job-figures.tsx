import type { Job } from '#contracts';
import { useNow } from '../parts/clock';
import { count, duration, percent, rate } from '../parts/format';
import { endedOf, type Pace } from './pace';
import { usePace } from './use-pace';

/** What nobody can tell yet: has its place, and is not seen. */
const UNKNOWN = '…';

export function JobFigures({ job, seenAt }: { readonly job: Job; readonly seenAt: number }) {
  const pace = usePace(job, seenAt);
  const now = useNow();
  const { total, succeeded, failed, cancelled } = job.item_counts;
  const waiting = total - endedOf(job);
  const figures: readonly (readonly [string, string, string?])[] = [
    ['done', percent(job.progress)],
    ['images', count(total)],
    ['succeeded', count(succeeded), 'good'],
    ['failed', count(failed), failed > 0 ? 'bad' : undefined],
    ...(cancelled > 0 ? ([['cancelled', count(cancelled)]] as const) : []),
    ...(waiting > 0 ? ([['to do', count(waiting)]] as const) : []),
    ...(job.finished_at === null ? goingOn(job, pace, now) : tookOf(job)),
  ];
  return (
    <dl className="figures-strip">
      {figures.map(([name, value, tone]) => (
        <div key={name} data-tone={tone} data-unknown={value === UNKNOWN || undefined}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** All from the first moment on, so that none pushes the others aside when it is known. */
function goingOn(
  { started_at: from }: Job,
  pace: Pace | undefined,
  now: number,
): readonly (readonly [string, string])[] {
  const left = pace?.secondsLeft;
  return [
    ['rate', pace === undefined ? UNKNOWN : rate(pace.perSecond)],
    ['time left', left === undefined ? UNKNOWN : duration(left)],
    ['running for', from === null ? UNKNOWN : duration((now - Date.parse(from)) / 1000)],
  ];
}

function tookOf(job: Job): readonly (readonly [string, string])[] {
  if (job.started_at === null || job.finished_at === null) return [];
  const seconds = (Date.parse(job.finished_at) - Date.parse(job.started_at)) / 1000;
  const perSecond = seconds > 0 ? endedOf(job) / seconds : 0;
  return [
    ['took', duration(seconds)],
    ...(perSecond > 0 ? ([['on average', rate(perSecond)]] as const) : []),
  ];
}
