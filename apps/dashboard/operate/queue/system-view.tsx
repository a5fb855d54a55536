import type { Pool } from '#contracts';
import { useSystemQueue, useWorkers } from '../../client/operate';
import { Failure } from '../../parts/failure';
import { count, duration } from '../../parts/format';
import { Figures } from './figures';
import { Blank } from './own-queue';
import { SeriesSection } from './series-section';
import { shownOf, WaitingList } from './waiting-list';
import { WorkerList } from './worker-list';

/** The whole system. Shown when all of it is there, so that nothing pushes the rest down. */
export function SystemView() {
  const [queue, workers] = [useSystemQueue(), useWorkers()];
  if (queue.isPending || workers.isPending) return <Blank />;
  return (
    <>
      <section aria-labelledby="queue">
        <h2 id="queue">Queue</h2>
        {queue.error && <Failure error={queue.error} />}
        {queue.data && <PoolFigures pools={queue.data.pools} />}
      </section>
      <SeriesSection pools={queue.data?.pools.map(({ pool }) => pool) ?? []} />
      <section aria-labelledby="workers">
        <h2 id="workers">Workers</h2>
        {workers.error && <Failure error={workers.error} />}
        {workers.data && <WorkerList workers={workers.data.data} />}
        {workers.data?.has_more && <p className="quiet">{shownNewest(workers.data.data.length)}</p>}
      </section>
      <section aria-labelledby="waiting">
        <h2 id="waiting">What waits, by tenant and priority</h2>
        {queue.data && <WaitingList waiting={queue.data.waiting} />}
        {queue.data?.has_more && <p className="quiet">{shownOf(queue.data.waiting.length)}</p>}
      </section>
    </>
  );
}

const shownNewest = (shown: number): string =>
  `The newest ${count(shown)}; pallet workers ls lists all.`;

function PoolFigures({ pools }: { readonly pools: readonly Pool[] }) {
  const sum = (read: (pool: Pool) => number) =>
    pools.reduce((total, pool) => total + read(pool), 0);
  const waits = pools.flatMap((pool) => pool.oldest_wait_seconds ?? []);
  return (
    <Figures
      figures={[
        ['images to do', count(sum((pool) => pool.items))],
        ['with workers', count(sum((pool) => pool.in_flight_items))],
        ['accelerator time', duration(sum((pool) => pool.accelerator_seconds))],
        ['oldest wait', waits.length === 0 ? 'none' : duration(Math.max(...waits))],
        ['workers', count(sum((pool) => pool.workers))],
      ]}
    />
  );
}
