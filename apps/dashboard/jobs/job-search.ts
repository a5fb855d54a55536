/** What the address of the jobs page may say; every view of the list can be sent to somebody as a link. */
export interface JobSearch {
  readonly show?: Show;
  /** Part of a name. */
  readonly q?: string;
  readonly model?: string;
}

export const SHOWS = ['active', 'done', 'failed', 'cancelled'] as const;
export type Show = (typeof SHOWS)[number];

/** Conditions of `GET /v1/jobs` behind each choice. */
const CONDITIONS: Readonly<Record<Show, readonly (readonly [string, string])[]>> = {
  active: [
    ['state', 'queued'],
    ['state', 'running'],
    ['state', 'paused'],
    ['state', 'cancelling'],
  ],
  done: [['state', 'completed']],
  failed: [
    ['outcome', 'failed'],
    ['outcome', 'partly_failed'],
  ],
  cancelled: [['state', 'cancelled']],
};

export function readJobSearch(search: Readonly<Record<string, unknown>>): JobSearch {
  const show = SHOWS.find((known) => known === search.show);
  const q = textOf(search.q);
  const model = textOf(search.model);
  return { ...(show && { show }), ...(q && { q }), ...(model && { model }) };
}

export function jobQuery({ show, q, model }: JobSearch): URLSearchParams {
  const query = new URLSearchParams(show === undefined ? [] : CONDITIONS[show].map((c) => [...c]));
  if (q !== undefined) query.set('name', q);
  if (model !== undefined) query.set('model', model);
  return query;
}

const textOf = (value: unknown): string | undefined => {
  const text = typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '';
  return text === '' ? undefined : text.slice(0, 200);
};
