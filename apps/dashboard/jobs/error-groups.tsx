import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Job } from '#contracts';
import { isOver, useFailures, useRetry } from '../client/jobs';
import { thumbnailUrl } from '../client/results';
import { useMayWrite } from '../client/session';
import { Failure } from '../parts/failure';
import { count } from '../parts/format';

/** Each cause of failures with how many images it has, the most frequent first; whatever the size of the job. */
export function ErrorGroups({ job }: { readonly job: Job }) {
  const causes = Object.entries(job.error_counts).toSorted((a, b) => b[1] - a[1]);
  // A failure that comes while somebody looks makes a line longer, and moves nothing.
  const [wasRunning] = useState(!isOver(job));
  const [isOpen, setOpen] = useState(!wasRunning);
  if (causes.length === 0 && !wasRunning) return null;
  return (
    <section aria-labelledby="failures">
      <details
        className="failures"
        open={isOpen}
        onToggle={({ currentTarget }) => setOpen(currentTarget.open)}
      >
        <summary>
          <h2 id="failures">Failures by cause</h2>
          {!isOpen && <span className="quiet">{inALine(causes)}</span>}
        </summary>
        {isOpen && (
          <ul className="causes">
            {causes.map(([code, failed]) => (
              <Cause key={code} job={job} code={code} failed={failed} />
            ))}
          </ul>
        )}
      </details>
    </section>
  );
}

const inALine = (causes: readonly (readonly [string, number])[]): string =>
  causes.length === 0
    ? 'none so far'
    : causes.map(([code, failed]) => `${count(failed)} ${code}`).join(' · ');

interface CauseProps {
  readonly job: Job;
  readonly code: string;
  readonly failed: number;
}

function Cause({ job, code, failed }: CauseProps) {
  const examples = useFailures(job.id, code, failed);
  const retry = useRetry(job.id);
  const mayWrite = useMayWrite();
  const items = examples.data ?? [];
  const details = new Set(items.map((item) => item.error?.detail));
  const more = failed - items.length;
  return (
    <li>
      <strong>{count(failed)}</strong>
      <div>
        <code>{code}</code>
        <div className="details">
          {[...details].map((detail) => (
            <p key={detail}>{detail}</p>
          ))}
        </div>
        <ul className="examples" aria-label={`Examples of ${code}`}>
          {items.map((item) => (
            <li key={item.n}>
              <Link to="/jobs/$jobId/items/$n" params={{ jobId: job.id, n: String(item.n) }}>
                <img
                  src={thumbnailUrl(job.image_set, item.n)}
                  alt=""
                  loading="lazy"
                  onError={({ currentTarget }) => currentTarget.classList.add('gone')}
                />
                <span className="names">{item.image.name}</span>
              </Link>
            </li>
          ))}
          {more > 0 && items.length > 0 && <li className="quiet">and {count(more)} more</li>}
        </ul>
        {(retry.error ?? examples.error) && <Failure error={retry.error ?? examples.error} />}
      </div>
      <div className="actions">
        <Link
          to="/jobs/$jobId"
          params={{ jobId: job.id }}
          search={{ cause: code }}
          className="button"
          aria-label={`Show what failed of ${code}`}
        >
          Show
        </Link>
        {mayWrite && isOver(job) && (
          <button
            type="button"
            className="button"
            disabled={retry.isPending}
            onClick={() => retry.mutate(code)}
          >
            Retry these
          </button>
        )}
      </div>
    </li>
  );
}
