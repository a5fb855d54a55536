/** How fresh what the page shows is. `stale`: nothing was heard for so long that it may be wrong. */
export type Connection = 'live' | 'reconnecting' | 'stale';

/** Without an answer for so long, what is shown counts as stale, milliseconds. */
const STALE_MS = 20_000;

let heardAt = Date.now();
let isSilent = false;
let shown: Connection = 'live';
const listeners = new Set<() => void>();

export function noteAnswer(): void {
  heardAt = Date.now();
  isSilent = false;
  update();
}

export function noteSilence(): void {
  isSilent = true;
  update();
}

export function readConnection(): Connection {
  return shown;
}

export function subscribeToConnection(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function update(): void {
  const next = !isSilent ? 'live' : Date.now() - heardAt > STALE_MS ? 'stale' : 'reconnecting';
  if (next === shown) return;
  shown = next;
  for (const listener of listeners) listener();
}
