import { Link } from '@tanstack/react-router';
import type { Job } from '#contracts';
import { FAILURES_READ, isOver, useFailures, useRetry } from '../client/jobs';
import { useMayWrite } from '../client/session';
import { Failure } from '../parts/failure';
import { count } from '../parts/format';
import { groupErrors } from './group-errors';

const NAMES_SHOWN = 3;

export function ErrorGroups({ job }: { readonly job: Job }) {
  const failures = useFailures(job);
  const retry = useRetry(job.id);
  const mayWrite = useMayWrite();
  const { failed } = job.item_counts;
  if (failed === 0) return null;
  return (
    <section aria-labelledby="failures">
      <h2 id="failures">
        Failures by cause
        {failed > FAILURES_READ && (
          <span className="quiet"> of the first {count(FAILURES_READ)}</span>
        )}
      </h2>
      {failures.error && <Failure error={failures.error} />}
      {retry.error && <Failure error={retry.error} />}
      <ul className="causes">
        {groupErrors(failures.data ?? []).map(({ code, detail, items }) => (
          <li key={code + detail}>
            <strong>{count(items.length)}</strong>
            <div>
              <code>{code}</code>
              <p>{detail}</p>
              <p className="quiet names">
                {items
                  .slice(0, NAMES_SHOWN)
                  .map((item) => item.image.name)
                  .join(', ')}
                {items.length > NAMES_SHOWN && ` and ${count(items.length - NAMES_SHOWN)} more`}
              </p>
            </div>
            <div className="actions">
              <Link
                to="/jobs/$jobId"
                params={{ jobId: job.id }}
                search={{ cause: code }}
                className="button"
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
        ))}
      </ul>
    </section>
  );
}
