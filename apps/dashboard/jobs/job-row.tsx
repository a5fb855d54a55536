import { Link } from '@tanstack/react-router';
import type { Job } from '#contracts';
import { thumbnailUrl } from '../client/results';
import { Age } from '../parts/age';
import { count, duration, percent, rate } from '../parts/format';
import { JobProgress } from './job-progress';
import { JobState } from './job-state';
import { endedOf } from './pace';
import { taskTitles } from './task-title';
import { usePace } from './use-pace';

export function JobRow({ job, seenAt }: { readonly job: Job; readonly seenAt: number }) {
  const pace = usePace(job, seenAt);
  return (
    <li className="job-row">
      <img
        className="job-picture"
        src={thumbnailUrl(job.image_set, 0)}
        alt=""
        loading="lazy"
        onError={({ currentTarget }) => currentTarget.classList.add('gone')}
      />
      <div className="job-name">
        <Link to="/jobs/$jobId" params={{ jobId: job.id }} search={{}} data-row="">
          {job.name ?? 'Unnamed job'}
        </Link>
        <span className="quiet tasks">{taskTitles(job.tasks).join(' · ')}</span>
      </div>
      <JobState job={job} />
      <div className="job-progress">
        <JobProgress job={job} />
        <span className="figures">
          {count(endedOf(job))} <i>of {count(job.item_counts.total)}</i>
          {job.item_counts.failed > 0 && <b>{count(job.item_counts.failed)} failed</b>}
          {job.finished_at === null && <em>{percent(job.progress)}</em>}
        </span>
      </div>
      <div className="job-pace">
        {pace && pace.perSecond > 0 ? (
          <>
            {rate(pace.perSecond)}
            {pace.secondsLeft !== undefined && (
              <span className="quiet">{duration(pace.secondsLeft)} left</span>
            )}
          </>
        ) : (
          <span className="quiet">{took(job)}</span>
        )}
      </div>
      <div className="job-model quiet">{job.model}</div>
      <div className="job-age quiet">
        <Age of={job.created_at} />
      </div>
    </li>
  );
}

function took({ started_at: from, finished_at: to }: Job): string {
  if (from === null || to === null) return '';
  return `took ${duration((Date.parse(to) - Date.parse(from)) / 1000)}`;
}
