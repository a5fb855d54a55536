import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { noteStream } from '../client/connection';
import { followEvents } from './follow-events';
import { LiveUpdates } from './live-updates';
import { leaving, pause, untilVisible } from './page-moments';

/** Between attempts, milliseconds: twice as long after each that came to nothing. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;

/** Keeps what the page shows as it is on the server, over one stream, while somebody is signed in. */
export function useLive(): void {
  const client = useQueryClient();
  useEffect(() => {
    const stop = new AbortController();
    const updates = new LiveUpdates(client);
    void keepFollowing(updates, stop.signal);
    return () => {
      stop.abort();
      updates.stop();
    };
  }, [client]);
}

async function keepFollowing(updates: LiveUpdates, stopped: AbortSignal): Promise<void> {
  let lastId: string | undefined;
  let pauseMs = FIRST_PAUSE_MS;
  while (!stopped.aborted) {
    await untilVisible(stopped);
    const moment = leaving(stopped);
    const asked = lastId;
    try {
      await followEvents({
        lastId,
        signal: moment.signal,
        onHeard: () => {
          pauseMs = FIRST_PAUSE_MS;
          noteStream(true);
        },
        onEvent: (event) => {
          lastId = event.id ?? lastId;
          // Whoever comes back with an id is told all that it has missed.
          if (event.type !== 'ready' || asked === undefined) updates.take(event);
        },
      });
    } catch {
      // Whatever ended it, the badge says so, and the next attempt begins where this one ended.
    } finally {
      moment.end();
    }
    if (stopped.aborted) return;
    noteStream(false);
    await pause(pauseMs, stopped);
    pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2);
  }
}
