import { Link, useParams, useSearch } from '@tanstack/react-router';
import { useEffect } from 'react';
import type { Job } from '#contracts';
import { useJob } from '../client/jobs';
import { GallerySection } from '../gallery/gallery-section';
import { Age } from '../parts/age';
import { CopyButton } from '../parts/copy-button';
import { Failure } from '../parts/failure';
import { counted, percent } from '../parts/format';
import { useKeptHeight } from '../parts/kept-height';
import { ErrorGroups } from './error-groups';
import { ExportList } from './export-list';
import { ExtendJob } from './extend-job';
import { JobActions } from './job-actions';
import { JobFigures } from './job-figures';
import { JobLatency } from './job-latency';
import { JobLog } from './job-log';
import { JobProgress } from './job-progress';
import { JobSnippets } from './job-snippets';
import { JobStages } from './job-stages';
import { JobState } from './job-state';
import { taskTitles } from './task-title';

const TABS = [
  [undefined, 'Images'],
  ['details', 'Details and export'],
  ['log', 'Log'],
] as const;

export function JobPage() {
  const { jobId } = useParams({ from: '/jobs/$jobId' });
  const job = useJob(jobId);
  useTitle(job.data);
  if (job.data === undefined) {
    if (job.error === null) return <div className="blank" aria-busy="true" />;
    return <Failure error={job.error} retry={() => void job.refetch()} />;
  }
  return <JobView job={job.data} seenAt={job.dataUpdatedAt} />;
}

function JobView({ job, seenAt }: { readonly job: Job; readonly seenAt: number }) {
  const { tab } = useSearch({ from: '/jobs/$jobId' });
  const standing = useKeptHeight<HTMLElement>();
  return (
    <div className="page">
      <div className="job-head">
        <h1>{job.name ?? 'Unnamed job'}</h1>
        <JobState job={job} />
        <JobActions job={job} />
        <ExtendJob job={job} />
        <p className="quiet job-sub">
          <code>{job.id}</code>
          <CopyButton text={job.id} what="the id of the job" />
          <span>
            created <Age of={job.created_at} />
          </span>
        </p>
      </div>
      <section ref={standing} aria-label="How far it is" className="job-standing">
        <JobProgress job={job} />
        <JobFigures job={job} seenAt={seenAt} />
        <JobStages job={job} />
      </section>
      <ErrorGroups job={job} />
      <nav className="tabs" aria-label="Parts of the job">
        {TABS.map(([name, title]) => (
          <Link
            key={title}
            to="/jobs/$jobId"
            params={{ jobId: job.id }}
            search={name === undefined ? {} : { tab: name }}
            // Else the router takes the first for open on every tab: its search is part of theirs.
            activeOptions={{ exact: true }}
            aria-current={tab === name ? 'page' : undefined}
          >
            {title}
          </Link>
        ))}
      </nav>
      {tab === undefined && <GallerySection job={job} />}
      {tab === 'details' && <Details job={job} />}
      {tab === 'log' && <JobLog job={job} />}
    </div>
  );
}

function Details({ job }: { readonly job: Job }) {
  return (
    <>
      <div className="columns">
        <section aria-labelledby="asked">
          <h2 id="asked">What it asks</h2>
          <Parameters job={job} />
        </section>
        <section aria-labelledby="exports">
          <h2 id="exports">Export</h2>
          <ExportList job={job} />
        </section>
      </div>
      <JobLatency job={job} />
      <section aria-labelledby="again">
        <h2 id="again">The same job again</h2>
        <JobSnippets job={job} />
      </section>
    </>
  );
}

function Parameters({ job }: { readonly job: Job }) {
  const metadata = Object.entries(job.metadata);
  return (
    <dl className="facts">
      <dt>Tasks</dt>
      <dd>
        <ol className="task-list">
          {taskTitles(job.tasks).map((title, n) => (
            <li key={n}>{title}</li>
          ))}
        </ol>
      </dd>
      <dt>Model</dt>
      <dd>{job.model}</dd>
      <dt>Image set</dt>
      <dd>
        <code>{job.image_set}</code>
      </dd>
      <dt>Priority</dt>
      <dd>{job.priority}</dd>
      <dt>Known answers</dt>
      <dd>{job.cache ? 'taken' : 'computed again'}</dd>
      {job.max_failure_rate !== null && (
        <>
          <dt>Stops at</dt>
          <dd>
            {percent(job.max_failure_rate)} of failures, after{' '}
            {counted(job.failure_rate_min_items, 'image')}
          </dd>
        </>
      )}
      {job.deadline_at !== null && (
        <>
          <dt>Deadline</dt>
          <dd>{new Date(job.deadline_at).toLocaleString()}</dd>
        </>
      )}
      {job.restarted_from !== null && (
        <>
          <dt>Made from</dt>
          <dd>
            <Link to="/jobs/$jobId" params={{ jobId: job.restarted_from }} search={{}}>
              {job.restarted_from}
            </Link>
          </dd>
        </>
      )}
      {metadata.map(([key, value]) => (
        <div key={key} className="contents">
          <dt>{key}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** On a second screen the tab alone says how far it is. */
function useTitle(job: Job | undefined): void {
  const name = job?.name ?? 'Job';
  const progress = job && job.finished_at === null ? `${percent(job.progress)} · ` : '';
  useEffect(() => {
    document.title = `${progress}${name} · Pallet`;
  }, [progress, name]);
}
