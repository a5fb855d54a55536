import { Link, useParams } from '@tanstack/react-router';
import { useEffect } from 'react';
import type { FineTuning } from '#contracts';
import { useFineTuning } from '../../client/fine-tuning';
import { CopyButton } from '../../parts/copy-button';
import { Failure } from '../../parts/failure';
import { percent } from '../../parts/format';
import { RunActions } from './run-actions';
import { RunCurves } from './run-curves';
import { RunFacts } from './run-facts';
import { RunProgress, RunState } from './run-state';

export function RunPage() {
  const { runId } = useParams({ from: '/operate/models/$runId' });
  const run = useFineTuning(runId);
  useTitle(run.data);
  if (run.data === undefined) {
    if (run.error === null) return <div className="blank" aria-busy="true" />;
    return <Failure error={run.error} retry={() => void run.refetch()} />;
  }
  return <RunView run={run.data} />;
}

function RunView({ run }: { readonly run: FineTuning }) {
  return (
    <>
      <section aria-labelledby="run">
        <p className="quiet">
          <Link to="/operate/models">All models and trainings</Link>
        </p>
        <div className="page-head">
          <h2 id="run" className="subject">
            {run.suffix ?? run.id}
          </h2>
          <RunState run={run} />
        </div>
        <RunActions run={run} />
        <RunProgress run={run} />
        <RunError run={run} />
        {run.fine_tuned_model !== null && (
          <p className="made">
            Jobs may name <code>{run.fine_tuned_model}</code>
            <CopyButton text={run.fine_tuned_model} what="the name of the model" />
          </p>
        )}
      </section>
      <RunCurves run={run} />
      <section aria-labelledby="recipe">
        <h2 id="recipe">How it learns</h2>
        <RunFacts run={run} />
      </section>
    </>
  );
}

function RunError({ run: { error } }: { readonly run: FineTuning }) {
  if (error === null) return null;
  return (
    <div className="failure">
      <p>{error.detail}</p>
      <p className="quiet">
        <code>{error.code}</code>
      </p>
      {error.lines.length > 0 && (
        <ul className="quiet">
          {error.lines.map(({ file, line, detail }) => (
            <li key={`${file} ${line}`}>
              {file}, line {line}: {detail}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** On a second screen the tab alone says how far it is. */
function useTitle(run: FineTuning | undefined): void {
  const name = run?.suffix ?? 'Training';
  const isGoing = run !== undefined && run.finished_at === null && run.steps !== null;
  const progress = isGoing ? `${percent(run.step / run.steps!)} · ` : '';
  useEffect(() => {
    document.title = `${progress}${name} · Pallet`;
  }, [progress, name]);
}
