import { Link, useParams, useSearch } from '@tanstack/react-router';
import { useEffect } from 'react';
import type { Job } from '#contracts';
import { useJob } from '../client/jobs';
import { GallerySection } from '../gallery/gallery-section';
import { Age } from '../parts/age';
import { CopyButton } from '../parts/copy-button';
import { Failure } from '../parts/failure';
import { percent } from '../parts/format';
import { ErrorGroups } from './error-groups';
import { ExportList } from './export-list';
import { ExtendJob } from './extend-job';
import { JobActions } from './job-actions';
import { JobFigures } from './job-figures';
import { JobProgress } from './job-progress';
import { JobSnippets } from './job-snippets';
import { JobState } from './job-state';
import { taskTitles } from './task-title';

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
      <section aria-label="How far it is" className="job-standing">
        <JobProgress job={job} />
        <JobFigures job={job} seenAt={seenAt} />
      </section>
      <ErrorGroups job={job} />
      <nav className="tabs" aria-label="Parts of the job">
        <Link
          to="/jobs/$jobId"
          params={{ jobId: job.id }}
          search={{}}
          {...current(tab !== 'details')}
        >
          Images
        </Link>
        <Link
          to="/jobs/$jobId"
          params={{ jobId: job.id }}
          search={{ tab: 'details' }}
          {...current(tab === 'details')}
        >
          Details and export
        </Link>
      </nav>
      {tab === 'details' ? <Details job={job} /> : <GallerySection job={job} />}
    </div>
  );
}

const current = (isCurrent: boolean) => ({
  'aria-current': isCurrent ? ('page' as const) : undefined,
});

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
