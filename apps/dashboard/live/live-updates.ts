import type { InfiniteData, QueryClient } from '@tanstack/react-query';
import type { FineTuning, ItemResult, Job, JobPage } from '#contracts';
import type { LiveEvent } from './event-frames';
import { showTold, type Told } from './show-told';
import { showTuning } from './tuning-updates';

/** What a page shows changes at most this often, however often the server tells, milliseconds. */
const SHOW_MS = 500;
/** What an event does not hold itself is asked for at most this often, milliseconds. */
const ASK_MS = 2_000;
/** Of longer lists only new pages are read: to ask for all of them again would cost more than it shows. */
const PAGES_ASKED_AGAIN = 3;

type Query = ReturnType<ReturnType<QueryClient['getQueryCache']>['getAll']>[number];

/**
 * Brings events into the cache. Jobs come with their events and are shown as they are; lists that a job may
 * enter or leave, and results, are asked for again, but only those that the page shows.
 */
export class LiveUpdates {
  readonly #jobs = new Map<string, Told<Job>>();
  readonly #tunings = new Map<string, Told<FineTuning>>();
  readonly #askedFor = new Set<string>();
  #isListOld = false;
  #areImportsOld = false;
  #showTimer: ReturnType<typeof setTimeout> | undefined;
  #askTimer: ReturnType<typeof setTimeout> | undefined;
  #askedAt = -ASK_MS;

  constructor(private readonly client: QueryClient) {}

  take({ type, data }: LiveEvent): void {
    if (type === 'ready' || type === 'reset') this.#askForAll();
    else if (type === 'models') void this.client.invalidateQueries({ queryKey: ['models'] });
    else if (type === 'job') {
      const job = JSON.parse(data) as Job;
      this.#jobs.set(job.id, { subject: job, heardAt: Date.now() });
      this.#showTimer ??= setTimeout(() => this.#show(), SHOW_MS);
    } else if (type === 'fine_tuning.job') {
      const run = JSON.parse(data) as FineTuning;
      this.#tunings.set(run.id, { subject: run, heardAt: Date.now() });
      this.#askSoon();
    } else if (type === 'model_import') {
      this.#areImportsOld = true;
      this.#askSoon();
    } else if (type === 'job.deleted') {
      const { id } = JSON.parse(data) as { readonly id: string };
      this.#jobs.delete(id);
      void this.client.invalidateQueries({ queryKey: ['job', id] });
      this.#isListOld = true;
      this.#askSoon();
    }
  }

  stop(): void {
    clearTimeout(this.#showTimer);
    clearTimeout(this.#askTimer);
  }

  /** What has changed before the stream began was not told by it. */
  #askForAll(): void {
    const isMeant = ({ queryKey }: Query): boolean => queryKey[0] !== 'session';
    const queries = this.client.getQueryCache().findAll({ predicate: isMeant });
    for (const { state, queryKey, promise } of queries) {
      if (state.data !== undefined || promise === undefined) continue;
      // What is asked for the first time goes on, and its answer may be from before.
      const again = () => this.client.invalidateQueries({ queryKey, exact: true });
      void promise.then(again, () => undefined);
    }
    void this.client.invalidateQueries({ predicate: isMeant });
  }

  #show(): void {
    this.#showTimer = undefined;
    for (const told of this.#jobs.values()) {
      const job = told.subject;
      const last = showTold(this.client, ['job', job.id], told);
      // Whoever does a job again takes items back that had ended.
      if (last?.finished_at && job.finished_at === null) {
        void this.client.invalidateQueries({ predicate: (query) => isOfItems(query, job.id) });
      }
      this.#askedFor.add(job.id);
    }
    for (const query of this.client.getQueryCache().findAll({ queryKey: ['jobs'] })) {
      this.#showInList(query);
    }
    this.#jobs.clear();
    this.#askSoon();
  }

  #showInList({ queryKey, state }: Query): void {
    const known = new Map(this.#jobs);
    const data = state.data as InfiniteData<JobPage> | undefined;
    if (data === undefined) return;
    const pages = data.pages.map((page) => ({
      ...page,
      data: page.data.map((old) => {
        const job = known.get(old.id)?.subject;
        known.delete(old.id);
        if (job !== undefined && job.state !== old.state) this.#isListOld = true;
        return job ?? old;
      }),
    }));
    if (known.size > 0) this.#isListOld = true;
    if (known.size < this.#jobs.size) this.client.setQueryData(queryKey, { ...data, pages });
  }

  #askSoon(): void {
    if (this.#askTimer !== undefined) return;
    const wait = Math.max(0, this.#askedAt + ASK_MS - performance.now());
    this.#askTimer = setTimeout(() => this.#ask(), wait);
  }

  #ask(): void {
    this.#askTimer = undefined;
    this.#askedAt = performance.now();
    if (this.#isListOld) void this.client.invalidateQueries({ queryKey: ['jobs'] });
    this.#isListOld = false;
    if (this.#areImportsOld) {
      void this.client.invalidateQueries({ queryKey: ['model-imports'] });
    }
    this.#areImportsOld = false;
    for (const id of this.#askedFor) {
      void this.client.invalidateQueries({
        predicate: (query) => isOfItems(query, id) && mayGrow(query),
      });
    }
    this.#askedFor.clear();
    for (const told of this.#tunings.values()) this.#showTuning(told);
    this.#tunings.clear();
  }

  /** Its steps are events of their own, so a run is shown no more often than they are asked for. */
  #showTuning(told: Told<FineTuning>): void {
    const run = told.subject;
    const isNew = showTuning(this.client, told);
    void this.client.invalidateQueries({ queryKey: ['tuning-events', run.id] });
    if (isNew) void this.client.invalidateQueries({ queryKey: ['tunings'] });
    if (run.fine_tuned_model !== null) void this.client.invalidateQueries({ queryKey: ['models'] });
  }
}

const isOfItems = ({ queryKey: [kind, job] }: Query, id: string): boolean =>
  job === id && (kind === 'results' || kind === 'filtered' || kind === 'item');

/** An item that has ended does not change, so what holds only such ones is not asked for again. */
function mayGrow({ queryKey: [kind], state: { data } }: Query): boolean {
  if (kind === 'results') {
    return (data as readonly (ItemResult | undefined)[] | undefined)?.includes(undefined) ?? true;
  }
  if (kind === 'item') return data === null || data === undefined;
  return ((data as InfiniteData<unknown> | undefined)?.pages.length ?? 0) <= PAGES_ASKED_AGAIN;
}
