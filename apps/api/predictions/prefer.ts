const DEFAULT_WAIT_MS = 30_000;
const MAX_WAIT_MS = 120_000;

/**
 * How long the client wants to wait, from its `Prefer` header (RFC 7240): `wait=N` in seconds, 120 at
 * most; `respond-async` not at all; `unasked` without a word.
 */
export function readWaitMs(prefer: string | undefined, unasked = DEFAULT_WAIT_MS): number {
  const preferences = (prefer ?? '').split(/[,;]/).map((text) => text.trim().toLowerCase());
  const wait = preferences
    .map((text) => /^wait\s*=\s*"?(\d{1,9})"?$/.exec(text)?.[1])
    .find(Boolean);
  if (wait !== undefined) return Math.min(Number(wait) * 1_000, MAX_WAIT_MS);
  return preferences.includes('respond-async') ? 0 : unasked;
}
