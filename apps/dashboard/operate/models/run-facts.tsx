import type { FineTuning } from '#contracts';
import { Age } from '../../parts/age';

export function RunFacts({ run }: { readonly run: FineTuning }) {
  const { type, ...method } = run.method;
  const settings = Object.entries({ ...method, ...run.hyperparameters, seed: run.seed });
  return (
    <dl className="facts recipe">
      <dt>Id</dt>
      <dd>
        <code>{run.id}</code>
      </dd>
      <dt>Base</dt>
      <dd>{run.model}</dd>
      <dt>Method</dt>
      <dd>{type}</dd>
      <dt>Examples</dt>
      <dd>
        <code>{run.training_file}</code>
        {run.validation_file !== null && (
          <>
            , held out <code>{run.validation_file}</code>
          </>
        )}
      </dd>
      <dt>Result</dt>
      <dd>{run.precision}</dd>
      <dt>Last checkpoint</dt>
      <dd>{run.checkpoint_step === null ? 'none yet' : `step ${run.checkpoint_step}`}</dd>
      <dt>Created</dt>
      <dd>
        <Age of={run.created_at} />
      </dd>
      {settings.map(([name, value]) => (
        <div key={name} className="contents">
          <dt>{name.replaceAll('_', ' ')}</dt>
          <dd>{Array.isArray(value) ? value.join(', ') : String(value)}</dd>
        </div>
      ))}
    </dl>
  );
}
