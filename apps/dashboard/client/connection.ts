import { useSyncExternalStore } from 'react';

/** How fresh what the page shows is. `stale`: nothing was heard for so long that it may be wrong. */
export type Connection = 'live' | 'reconnecting' | 'stale';

/** The server says something every 15 seconds at least: after so long without, what is shown may be old. */
const STALE_MS = 20_000;
const LOOK_MS = 1_000;
/** While there is no stream, what may change is asked for this often, milliseconds. */
const SLOW_MS = 10_000;

let heardAt = Date.now();
let isSilent = false;
/** Before its first attempt has failed, nothing that is shown is older than the page. */
let isFollowing = true;
let shown: Connection = 'live';
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

export function noteAnswer(): void {
  heardAt = Date.now();
  isSilent = false;
  update();
}

export function noteSilence(): void {
  isSilent = true;
  update();
}

/** Something came over the stream of events, or it is gone. */
export function noteStream(isThere: boolean): void {
  isFollowing = isThere;
  if (isThere) noteAnswer();
  else update();
}

export const useConnection = (): Connection =>
  useSyncExternalStore(subscribeToConnection, () => shown);

/** How often to ask for what changes, milliseconds: not at all while changes are told. */
export const useAskingPace = (): number | false => (useConnection() === 'live' ? false : SLOW_MS);

function subscribeToConnection(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(update, LOOK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

function update(): void {
  const isOld = Date.now() - heardAt > STALE_MS;
  const next = isOld ? 'stale' : isFollowing && !isSilent ? 'live' : 'reconnecting';
  if (next === shown) return;
  shown = next;
  for (const listener of listeners) listener();
}
