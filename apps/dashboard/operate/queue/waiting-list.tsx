import { useNow } from '../../parts/clock';
import { count, counted, duration } from '../../parts/format';
import { useKeptHeight } from '../../parts/kept-height';
import { waitedFor, type Waiting } from './waiting';

/** What waits, by whose it is where that is known, model and priority. */
export function WaitingList({ waiting }: { readonly waiting: readonly Waiting[] }) {
  const place = useKeptHeight<HTMLDivElement>();
  const now = useNow();
  return (
    <div ref={place}>
      {waiting.length === 0 ? (
        <p className="quiet empty">Nothing waits.</p>
      ) : (
        <ul className="rows" aria-label="What waits, the longest backlog first">
          {waiting.map((line) => (
            <li
              key={`${line.tenant?.id} ${line.pool} ${line.priority}`}
              className="row waiting-row"
            >
              <div className="row-name">
                <strong>{line.tenant?.name ?? line.pool}</strong>
                {line.tenant !== undefined && <span className="quiet">{line.pool}</span>}
              </div>
              <span>priority {line.priority}</span>
              <span>{counted(line.items, 'image')}</span>
              <span className="quiet">{counted(line.jobs, 'job')}</span>
              <span className="quiet">{duration(line.accelerator_seconds)} of an accelerator</span>
              <span className="quiet">
                {line.waiting_since === null
                  ? 'all have begun'
                  : `waits for ${waitedFor(line.waiting_since, now)}`}
              </span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

export const shownOf = (shown: number): string => `The ${count(shown)} longest of them.`;
