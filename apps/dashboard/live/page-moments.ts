/** A browser holds six connections to an address: a tab that nobody looks at leaves its own to the others. */
const HIDDEN_MS = 60_000;

export interface Leaving {
  /** Aborts when the stream had better end: the network has changed, or nobody looks any more. */
  readonly signal: AbortSignal;
  readonly end: () => void;
}

export function leaving(stopped: AbortSignal): Leaving {
  const left = new AbortController();
  let hidden: ReturnType<typeof setTimeout> | undefined;
  const leave = (): void => left.abort();
  const look = (): void => {
    clearTimeout(hidden);
    if (document.hidden) hidden = setTimeout(leave, HIDDEN_MS);
  };
  look();
  window.addEventListener('offline', leave);
  document.addEventListener('visibilitychange', look);
  return {
    signal: AbortSignal.any([stopped, left.signal]),
    end: () => {
      clearTimeout(hidden);
      window.removeEventListener('offline', leave);
      document.removeEventListener('visibilitychange', look);
    },
  };
}

/** Over early when the network comes back, or the reader does. */
export function pause(ms: number, stopped: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const over = (): void => {
      clearTimeout(timer);
      window.removeEventListener('online', over);
      document.removeEventListener('visibilitychange', over);
      stopped.removeEventListener('abort', over);
      resolve();
    };
    const timer = setTimeout(over, ms);
    window.addEventListener('online', over);
    document.addEventListener('visibilitychange', over);
    stopped.addEventListener('abort', over);
  });
}

export function untilVisible(stopped: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (document.hidden && !stopped.aborted) return;
      document.removeEventListener('visibilitychange', look);
      stopped.removeEventListener('abort', look);
      resolve();
    };
    document.addEventListener('visibilitychange', look);
    stopped.addEventListener('abort', look);
    look();
  });
}
