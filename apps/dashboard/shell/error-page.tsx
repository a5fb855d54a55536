import { Link, type ErrorComponentProps } from '@tanstack/react-router';
import { lastRequestId, ProblemError } from '../client/request';
import { CopyButton } from '../parts/copy-button';

/** In place of a page that a fault of its own has ended: what it was, and what to do. The frame around it stays. */
export function ErrorPage({ error }: ErrorComponentProps) {
  const id = error instanceof ProblemError ? error.problem.request_id : lastRequestId();
  const lines = [String(error), `request ${id ?? 'none'}`, location.pathname];
  return (
    <div className="notice error-page" role="alert">
      <h1>This page has failed</h1>
      <p>
        It is a fault of the page: your jobs go on. Reload it; if it fails again, report these
        lines.
      </p>
      <pre className="code" tabIndex={0} aria-label="What failed">
        {lines.join('\n')}
      </pre>
      <div className="actions">
        <CopyButton text={lines.join('\n')} what="what failed" />
        <button type="button" className="button primary" onClick={() => location.reload()}>
          Reload
        </button>
        <Link to="/jobs" search={{}} className="button">
          All jobs
        </Link>
      </div>
    </div>
  );
}
