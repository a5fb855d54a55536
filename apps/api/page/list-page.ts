import { toPage, type Page } from './page.js';

export interface ListPage<T> extends Page<T> {
  first_id: string | null;
  last_id: string | null;
}

/** A page that OpenAI's clients can go through as well: they go on after the last id. */
export function toListPage<R, T extends { readonly id: string }>(
  rows: readonly R[],
  limit: number,
  positionOf: (row: R) => string,
  view: (row: R) => T,
): ListPage<T> {
  const page = toPage(rows, limit, positionOf, view);
  const { data } = page;
  return { ...page, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
}
