import { useEffect, useState } from 'react';
import type { Job } from '#contracts';
import { arrivalsOf, type Arrivals } from './arrivals';

const NOTHING: ReadonlySet<string> = new Set();

/** Input: a list as it is now, and which one it is; undefined: another is shown until it comes. */
export function useArrivals(
  jobs: readonly Job[],
  list: string | undefined,
): Arrivals & { readonly show: () => void } {
  const [seen, setSeen] = useState({ list, ids: NOTHING });
  const ids = seen.list === list ? seen.ids : NOTHING;
  const arrivals = arrivalsOf(jobs, ids);
  const { shown } = arrivals;
  useEffect(() => {
    if (list === undefined || shown.every(({ id }) => ids.has(id))) return;
    setSeen({ list, ids: new Set(shown.map(({ id }) => id)) });
  }, [list, shown, ids]);
  return { ...arrivals, show: () => setSeen({ list, ids: new Set(jobs.map(({ id }) => id)) }) };
}
