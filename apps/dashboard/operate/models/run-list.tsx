import { Link } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import type { FineTuning } from '#contracts';
import { useFineTunings } from '../../client/fine-tuning';
import { useMayWrite } from '../../client/session';
import { Age } from '../../parts/age';
import { Failure } from '../../parts/failure';
import { MoreButton } from '../../parts/more-button';
import { RunProgress, RunState } from './run-state';

export function RunList() {
  const runs = useFineTunings();
  const mayWrite = useMayWrite();
  const rows = runs.data?.pages.flatMap((page) => page.data) ?? [];
  return (
    <section aria-labelledby="runs">
      <div className="page-head">
        <h2 id="runs">Fine-tuning</h2>
        {mayWrite && (
          <Link to="/operate/models/new" search={{}} className="button primary">
            <Plus size={14} aria-hidden="true" /> New run
          </Link>
        )}
      </div>
      {runs.error && <Failure error={runs.error} />}
      {runs.data && rows.length === 0 && (
        <p className="quiet empty">
          No training yet. A run starts from corrected answers or from a file of examples, here or
          with <code>pallet fine-tuning create</code>.
        </p>
      )}
      {rows.length > 0 && (
        <ul className="rows" aria-label="Fine-tuning runs, newest first">
          {rows.map((run) => (
            <RunRow key={run.id} run={run} />
          ))}
        </ul>
      )}
      <MoreButton of={runs} label="Older runs" />
    </section>
  );
}

function RunRow({ run }: { readonly run: FineTuning }) {
  return (
    <li className="row open-row run-row">
      <div className="row-name">
        <Link to="/operate/models/$runId" params={{ runId: run.id }} data-row="">
          {run.suffix ?? run.id}
        </Link>
        <span className="quiet">
          {run.method.type} of {run.model}
        </span>
      </div>
      <RunState run={run} />
      <RunProgress run={run} />
      <span className="quiet">
        <Age of={run.created_at} />
      </span>
    </li>
  );
}
