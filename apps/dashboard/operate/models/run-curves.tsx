import { useMemo } from 'react';
import type { FineTuning } from '#contracts';
import { LineChart } from '../../chart/line-chart';
import { MOST_EVENTS, useTuningEvents } from '../../client/fine-tuning';
import { Failure } from '../../parts/failure';
import { count } from '../../parts/format';
import { lossCurves, scoreCurves } from './curves';

/** How the loss goes down and the scores go up, as far as the run has come. */
export function RunCurves({ run }: { readonly run: FineTuning }) {
  const events = useTuningEvents(run);
  const loss = useMemo(() => lossCurves(events.data ?? []), [events.data]);
  const scores = useMemo(() => scoreCurves(events.data ?? []), [events.data]);
  const isCut = (events.data?.length ?? 0) >= MOST_EVENTS;
  return (
    <section aria-labelledby="curves">
      <h2 id="curves">Curves</h2>
      {events.error && <Failure error={events.error} />}
      {events.data && loss.x.length === 0 && (
        <p className="quiet empty">The first step has not been told yet.</p>
      )}
      {isCut && (
        <p className="quiet">Of the first {count(MOST_EVENTS)} events; the result has them all.</p>
      )}
      <div className="columns">
        {loss.x.length > 0 && <LineChart title="Loss" xName="Step" {...loss} />}
        {scores.x.length > 0 && (
          <LineChart title="Scores of held-out examples" xName="Step" {...scores} />
        )}
      </div>
    </section>
  );
}
