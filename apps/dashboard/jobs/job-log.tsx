import { Info, TriangleAlert } from 'lucide-react';
import type { Job, JobLogEntry } from '#contracts';
import { useJobLog } from '../client/jobs';
import { Failure } from '../parts/failure';
import { duration } from '../parts/format';
import { MoreButton } from '../parts/more-button';

/** What happened to a job, oldest first, each with the time since it was created. */
export function JobLog({ job }: { readonly job: Job }) {
  const log = useJobLog(job);
  const entries = log.data?.pages.flatMap((page) => page.data) ?? [];
  return (
    <section aria-labelledby="log">
      <h2 id="log">What happened</h2>
      {log.error && <Failure error={log.error} />}
      <ol className="timeline">
        {entries.map((entry, i) => (
          <Entry key={i} entry={entry} since={Date.parse(job.created_at)} />
        ))}
      </ol>
      <MoreButton of={log} label="Go on" className="button" />
    </section>
  );
}

function Entry({ entry, since }: { readonly entry: JobLogEntry; readonly since: number }) {
  const Icon = entry.level === 'warning' ? TriangleAlert : Info;
  return (
    <li data-level={entry.level}>
      <time dateTime={entry.at} title={new Date(entry.at).toLocaleString()}>
        +{duration((Date.parse(entry.at) - since) / 1000)}
      </time>
      <Icon size={14} aria-label={entry.level} role="img" />
      <span>{entry.message}</span>
      <code className="quiet">{entry.code}</code>
    </li>
  );
}
