import type { Span } from '#contracts';

/** As the choices are called. */
export const SPAN_NAMES: readonly (readonly [span: Span, name: string])[] = [
  ['15m', '15 minutes'],
  ['1h', 'an hour'],
  ['24h', 'a day'],
];

export const DEFAULT_SPAN: Span = '1h';

/** What the address of the page says: how far back its charts look, and at which pool; all together without one. */
export interface QueueSearch {
  readonly span?: Span;
  readonly pool?: string;
}

export function readQueueSearch(search: Readonly<Record<string, unknown>>): QueueSearch {
  const span = SPAN_NAMES.find(([each]) => each === search.span)?.[0];
  const pool = typeof search.pool === 'string' && search.pool !== '' ? search.pool : undefined;
  return { ...(span && { span }), ...(pool && { pool }) };
}
