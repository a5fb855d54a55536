import type { Worker } from '#contracts';
import { useKeptHeight } from '../../parts/kept-height';
import { WorkerRow } from './worker-row';

export function WorkerList({ workers }: { readonly workers: readonly Worker[] }) {
  const place = useKeptHeight<HTMLDivElement>();
  return (
    <div ref={place}>
      {workers.length === 0 ? (
        <p className="quiet empty">
          No worker is there. <code>pallet up</code> starts one with its model.
        </p>
      ) : (
        <ul className="rows" aria-label="Workers, newest first">
          {workers.map((worker) => (
            <WorkerRow key={worker.id} worker={worker} />
          ))}
        </ul>
      )}
    </div>
  );
}
