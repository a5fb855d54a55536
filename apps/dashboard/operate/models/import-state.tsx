import { Check, CircleHelp, Download, LoaderCircle, X } from 'lucide-react';
import type { ModelImport } from '#contracts';
import { useNow } from '../../parts/clock';
import { bytes, duration, percent } from '../../parts/format';
import { StateMark } from '../../parts/state-mark';

/** It tells at least every ten seconds: one that is silent for longer than this was killed, or cut off. */
const SILENCE_MS = 60_000;

const ICONS = {
  downloading: Download,
  converting: LoaderCircle,
  completed: Check,
  failed: X,
} satisfies Record<ModelImport['state'], unknown>;

export function ImportState({ told }: { readonly told: ModelImport }) {
  const silentMs = useNow() - Date.parse(told.told_at);
  if (told.finished_at === null && silentMs > SILENCE_MS) {
    const word = `silent for ${duration(silentMs / 1_000)}`;
    return <StateMark icon={CircleHelp} standing="silent" word={word} />;
  }
  const standing = told.state === 'completed' ? 'succeeded' : told.state;
  return <StateMark icon={ICONS[told.state]} standing={standing} word={told.state} />;
}

export function ImportProgress({ told }: { readonly told: ModelImport }) {
  const { state, bytes_done: done, bytes_total: total, model_bytes: made, error } = told;
  if (error !== null) return <span className="import-error">{error.detail}</span>;
  if (made !== null) return <span className="quiet">{bytes(made)} on its disk</span>;
  if (state === 'completed') return <span />;
  if (total === null || total === 0) return <span className="quiet">not begun</span>;
  return (
    <span className="row-progress">
      <progress value={done} max={total} aria-label={`Bytes, ${state}`} />
      <span className="figures">
        {bytes(done)} <i>of {bytes(total)}</i> <em>{percent(done / total)}</em>
      </span>
    </span>
  );
}
