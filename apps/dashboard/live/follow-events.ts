import { EventFrames, type LiveEvent } from './event-frames';

/** The server says at least a heartbeat every 15 seconds; one that is silent for longer than this is gone. */
const SILENCE_MS = 20_000;

interface Following {
  /** Go on after this event; undefined: from now on. */
  readonly lastId: string | undefined;
  readonly signal: AbortSignal;
  /** Anything came, a heartbeat too. */
  readonly onHeard: () => void;
  readonly onEvent: (event: LiveEvent) => void;
}

/**
 * Reads `/v1/events` until it ends. By `fetch`, not `EventSource`: that shows no heartbeats, and so cannot
 * tell silence from a connection that is dead.
 * Output: when the server ended it. Errors: the connection's, that of the signal, and silence.
 */
export async function followEvents(following: Following): Promise<void> {
  const { lastId, signal, onHeard, onEvent } = following;
  const silence = new AbortController();
  const response = await within(silence, () =>
    fetch('/v1/events', {
      headers: lastId === undefined ? {} : { 'last-event-id': lastId },
      signal: AbortSignal.any([signal, silence.signal]),
    }),
  );
  if (!response.ok || response.body === null) throw new Error(`events: ${response.status}`);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  const frames = new EventFrames();
  for (;;) {
    const { done, value } = await within(silence, () => reader.read());
    if (done) return;
    onHeard();
    for (const event of frames.push(value)) onEvent(event);
  }
}

async function within<T>(silence: AbortController, wait: () => Promise<T>): Promise<T> {
  const timer = setTimeout(() => silence.abort(), SILENCE_MS);
  try {
    return await wait();
  } finally {
    clearTimeout(timer);
  }
}
