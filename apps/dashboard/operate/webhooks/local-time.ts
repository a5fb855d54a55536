const MINUTE_MS = 60_000;

/** As a `datetime-local` field has it: the reader's own time, to a minute. */
export function localTime(date: Date): string {
  const shifted = new Date(date.getTime() - date.getTimezoneOffset() * MINUTE_MS);
  return shifted.toISOString().slice(0, 'YYYY-MM-DDThh:mm'.length);
}
