import type { Job } from '#contracts';
import { useNow } from '../parts/age';
import { count, duration, percent, rate } from '../parts/format';
import { endedOf } from './pace';
import { usePace } from './use-pace';

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
    ...(pace ? ([['rate', rate(pace.perSecond)]] as const) : []),
    ...(pace?.secondsLeft !== undefined
      ? ([['time left', duration(pace.secondsLeft)]] as const)
      : []),
    ...timeOf(job, now),
  ];
  return (
    <dl className="figures-strip">
      {figures.map(([name, value, tone]) => (
        <div key={name} data-tone={tone}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function timeOf(job: Job, now: number): readonly (readonly [string, string])[] {
  if (job.started_at === null) return [];
  const from = Date.parse(job.started_at);
  if (job.finished_at === null) return [['running for', duration((now - from) / 1000)]];
  const seconds = (Date.parse(job.finished_at) - from) / 1000;
  const perSecond = seconds > 0 ? endedOf(job) / seconds : 0;
  return [
    ['took', duration(seconds)],
    ...(perSecond > 0 ? ([['on average', rate(perSecond)]] as const) : []),
  ];
}
