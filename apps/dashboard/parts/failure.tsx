import { ProblemError } from '../client/request';

interface Props {
  readonly error: unknown;
  readonly retry?: () => void;
}

/** What went wrong, in the API's own words, with the id under which its log has it. */
export function Failure({ error, retry }: Props) {
  const text = error instanceof Error ? error.message : String(error);
  return (
    <div className="failure" role="alert">
      <p>{text}</p>
      {error instanceof ProblemError && (
        <p className="quiet">
          <code>{error.problem.code}</code> · request <code>{error.problem.request_id}</code>
        </p>
      )}
      {retry && (
        <button type="button" className="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}
