import { useOwnQueue } from '../../client/operate';
import { Failure } from '../../parts/failure';
import { Figures } from './figures';
import { oldestOf, totalOf, waitedFor } from './waiting';
import { WaitingList } from './waiting-list';
import { count, duration } from '../../parts/format';
import { useNow } from '../../parts/clock';

/** For keys that may not operate: nothing of others, not even in sums. */
export function OwnQueue() {
  const queue = useOwnQueue();
  const now = useNow();
  if (queue.data === undefined) {
    return queue.error === null ? <Blank /> : <Failure error={queue.error} />;
  }
  const { waiting, in_flight_items: inFlight } = queue.data;
  const total = totalOf(waiting);
  return (
    <section aria-labelledby="queue">
      <div className="page-head">
        <h2 id="queue">Your queue</h2>
      </div>
      {queue.error && <Failure error={queue.error} />}
      <Figures
        figures={[
          ['images to do', count(total.items)],
          ['with workers', count(inFlight)],
          ['accelerator time', duration(total.seconds)],
          ['oldest wait', waitedFor(oldestOf(waiting), now)],
        ]}
      />
      <WaitingList waiting={waiting} />
      <p className="quiet">
        Workers and figures of the whole system are for API keys with the scope <code>operate</code>
        .
      </p>
    </section>
  );
}

export const Blank = () => <div className="blank" aria-busy="true" />;
