import { Ban, Check, CircleDashed, LoaderCircle, X } from 'lucide-react';
import type { FineTuning } from '#contracts';
import { count, percent } from '../../parts/format';
import { StateMark } from '../../parts/state-mark';

const ICONS = {
  queued: CircleDashed,
  running: LoaderCircle,
  cancelling: LoaderCircle,
  succeeded: Check,
  failed: X,
  cancelled: Ban,
} satisfies Record<FineTuning['state'], unknown>;

export function RunState({ run }: { readonly run: FineTuning }) {
  return <StateMark icon={ICONS[run.state]} standing={run.state} />;
}

export function RunProgress({ run }: { readonly run: FineTuning }) {
  if (run.steps === null) return <span className="quiet">not begun</span>;
  return (
    <span className="row-progress">
      <progress value={run.step} max={run.steps} aria-label="Steps done" />
      <span className="figures">
        {count(run.step)} <i>of {count(run.steps)} steps</i>
        {run.finished_at === null && <em>{percent(run.step / run.steps)}</em>}
      </span>
    </span>
  );
}
