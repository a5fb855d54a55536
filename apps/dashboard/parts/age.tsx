import { useSyncExternalStore } from 'react';
import { duration } from './format';

const TICK_MS = 5_000;
let now = Date.now();
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

/** One clock for the page, which runs only while something shows it. */
function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const each of listeners) each();
  }, TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** Milliseconds since the epoch, five seconds old at most. */
export const useNow = (): number => useSyncExternalStore(subscribe, () => now);

export function Age({ of }: { readonly of: string }) {
  const seconds = Math.max(0, (useNow() - Date.parse(of)) / 1000);
  return (
    <time dateTime={of} title={new Date(of).toLocaleString()}>
      {seconds < 10 ? 'just now' : `${duration(seconds)} ago`}
    </time>
  );
}
