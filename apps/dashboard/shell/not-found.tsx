import { Link } from '@tanstack/react-router';

export function NotFound() {
  return (
    <div className="notice">
      <h1>There is nothing here</h1>
      <p>The address may be mistyped, or what it named is gone.</p>
      <Link to="/jobs" search={{}} className="button">
        All jobs
      </Link>
    </div>
  );
}
