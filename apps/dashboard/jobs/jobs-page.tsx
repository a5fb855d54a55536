import { Link, useSearch } from '@tanstack/react-router';
import { ArrowUp } from 'lucide-react';
import { useEffect } from 'react';
import { useJobs } from '../client/jobs';
import { Failure } from '../parts/failure';
import { counted } from '../parts/format';
import { MoreButton } from '../parts/more-button';
import { JobFilters } from './job-filters';
import { JobRow } from './job-row';
import { jobQuery } from './job-search';
import { useArrivals } from './use-arrivals';

export function JobsPage() {
  const search = useSearch({ from: '/jobs' });
  const filter = jobQuery(search);
  const jobs = useJobs(filter);
  useEffect(() => {
    document.title = 'Jobs · Pallet';
  }, []);
  const rows = jobs.data?.pages.flatMap((page) => page.data) ?? [];
  const arrivals = useArrivals(rows, jobs.isPlaceholderData ? undefined : filter.toString());
  const isFiltered = Object.keys(search).length > 0;
  return (
    <div className="page">
      <div className="page-head">
        <div className="jobs-title">
          <h1>Jobs</h1>
          <div aria-live="polite">
            {arrivals.waiting > 0 && (
              <button type="button" className="button new-jobs" onClick={arrivals.show}>
                <ArrowUp size={14} aria-hidden="true" /> {counted(arrivals.waiting, 'new job')}
              </button>
            )}
          </div>
        </div>
        <JobFilters search={search} />
      </div>
      {jobs.error && <Failure error={jobs.error} />}
      {jobs.data && rows.length === 0 && (isFiltered ? <NothingFound /> : <FirstRun />)}
      {rows.length > 0 && (
        <ul className="job-list" aria-label="Jobs, newest first">
          {arrivals.shown.map((job) => (
            <JobRow key={job.id} job={job} seenAt={jobs.dataUpdatedAt} />
          ))}
        </ul>
      )}
      <MoreButton of={jobs} label="Older jobs" />
    </div>
  );
}

function NothingFound() {
  return <p className="notice">No job is like that.</p>;
}

function FirstRun() {
  return (
    <div className="notice">
      <h2>No jobs yet</h2>
      <Link to="/new" className="button primary">
        Begin with some pictures
      </Link>
      <p>Or ask about a folder of pictures from a terminal:</p>
      <pre className="code">{`npx pallet run examples/scenes \\
  --task caption \\
  --task "detect dog ; car"`}</pre>
    </div>
  );
}
