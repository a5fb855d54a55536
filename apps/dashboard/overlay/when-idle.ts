/** Draws when the page has nothing more urgent to do, such as a frame. Output: takes that back. */
export function whenIdle(draw: () => void): () => void {
  // Safari tells nobody when it is idle.
  if (!('requestIdleCallback' in globalThis)) {
    const timer = setTimeout(draw);
    return () => clearTimeout(timer);
  }
  const id = requestIdleCallback(draw);
  return () => cancelIdleCallback(id);
}
