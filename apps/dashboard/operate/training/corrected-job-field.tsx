import { Link } from '@tanstack/react-router';
import { useJobs } from '../../client/jobs';
import { Failure } from '../../parts/failure';
import { counted } from '../../parts/format';
import { Field, type FieldFault } from '../../parts/field';
import { MoreButton } from '../../parts/more-button';
import type { CorrectedJob } from './use-corrected-job';

const ANY_JOB = new URLSearchParams();

interface Props extends CorrectedJob {
  readonly id: string | undefined;
  readonly fault: FieldFault | undefined;
  readonly onChange: (id: string) => void;
}

/** Whose corrections are trained on, and how many there are. */
export function CorrectedJobField({ id, job, lines, error, fault, onChange }: Props) {
  const jobs = useJobs(ANY_JOB);
  const known = jobs.data?.pages.flatMap((page) => page.data) ?? [];
  // One that the address names may be older than those of the list.
  const listed = job === undefined || known.some((each) => each.id === job.id) ? [] : [job];
  return (
    <>
      <Field
        label="Job"
        hint={id !== undefined && lines !== undefined ? <Lines {...{ id, lines }} /> : undefined}
        fault={fault}
      >
        {(props) => (
          <select
            {...props}
            required
            value={id ?? ''}
            onChange={(event) => onChange(event.target.value)}
          >
            <option value="" disabled>
              Choose a job
            </option>
            {[...listed, ...known].map((each) => (
              <option key={each.id} value={each.id}>
                {each.name ?? each.id}, {new Date(each.created_at).toLocaleDateString()}
              </option>
            ))}
          </select>
        )}
      </Field>
      <MoreButton of={jobs} label="Older jobs" className="button" />
      {error !== null && <Failure error={error} />}
    </>
  );
}

function Lines({ id, lines }: { readonly id: string; readonly lines: number }) {
  if (lines > 0) return <>{counted(lines, 'correction')}, about pictures of its image set.</>;
  return (
    <>
      Nobody has corrected an answer of it yet.{' '}
      <Link to="/jobs/$jobId" params={{ jobId: id }} search={{}}>
        Its images
      </Link>{' '}
      have the answers.
    </>
  );
}
