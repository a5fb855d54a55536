import type { Span } from '#contracts';

/** As the choices are called. */
export const SPAN_NAMES: readonly (readonly [span: Span, name: string])[] = [
  ['15m', '15 minutes'],
  ['1h', 'an hour'],
  ['24h', 'a day'],
];

export const DEFAULT_SPAN: Span = '1h';

/** What the address of the page says: how far back its charts look. */
export interface QueueSearch {
  readonly span?: Span;
}

export function readQueueSearch(search: Readonly<Record<string, unknown>>): QueueSearch {
  const known = SPAN_NAMES.find(([span]) => span === search.span);
  return known === undefined ? {} : { span: known[0] };
}
