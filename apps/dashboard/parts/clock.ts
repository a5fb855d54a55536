import { useSyncExternalStore } from 'react';

const TICK_MS = 5_000;
let now = Date.now();
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

/** Milliseconds since the epoch, five seconds old at most; whoever shows it is drawn again as it goes on. */
export const useNow = (): number => useSyncExternalStore(followClock, readClock);

/** One clock for the page, which ticks only while something shows it. Output: ends the following. */
export function followClock(listener: () => void): () => void {
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

/** The same for as long as a tick, as React wants it. A clock that nobody followed has stood still: it is set first. */
export function readClock(): number {
  if (timer === undefined && Date.now() - now >= TICK_MS) now = Date.now();
  return now;
}
