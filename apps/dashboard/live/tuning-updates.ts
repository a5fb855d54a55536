import type { InfiniteData, QueryClient } from '@tanstack/react-query';
import type { FineTuning, FineTuningPage } from '#contracts';
import { showTold, type Told } from './show-told';

/**
 * Brings fine-tuning runs, which come with their events, into the cache. Output: whether a list must be asked for
 * again, because it does not hold the run yet.
 */
export function showTuning(client: QueryClient, told: Told<FineTuning>): boolean {
  const run = told.subject;
  showTold(client, ['tuning', run.id], told);
  const list = client.getQueryData<InfiniteData<FineTuningPage>>(['tunings']);
  if (list === undefined) return false;
  let isListed = false;
  const pages = list.pages.map((page) => ({
    ...page,
    data: page.data.map((old) => {
      if (old.id !== run.id) return old;
      isListed = true;
      return run;
    }),
  }));
  if (isListed) client.setQueryData(['tunings'], { ...list, pages });
  return !isListed;
}
