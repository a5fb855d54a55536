import type { QueryClient, QueryKey } from '@tanstack/react-query';

/** The newest form of something as the stream told it. */
export interface Told<Subject> {
  readonly subject: Subject;
  /** By the clock of this page, milliseconds. */
  readonly heardAt: number;
}

/**
 * Shows what was told where its page is open. What was asked for before may bring an older form and is not waited for:
 * the stream tells whatever comes after. What was answered since may be newer, and is asked for again.
 * Output: what was shown before; undefined where it is not open.
 */
export function showTold<Subject>(
  client: QueryClient,
  queryKey: QueryKey,
  { subject, heardAt }: Told<Subject>,
): Subject | undefined {
  const shown = client.getQueryState<Subject>(queryKey);
  if (shown?.data === undefined) return undefined;
  if (shown.dataUpdatedAt > heardAt) {
    void client.invalidateQueries({ queryKey, exact: true });
    return shown.data;
  }
  // In this order: what is taken back is what came after the last that was put there.
  client.setQueryData(queryKey, subject);
  void client.cancelQueries({ queryKey, exact: true });
  return shown.data;
}
