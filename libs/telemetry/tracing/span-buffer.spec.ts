import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SpanBuffer } from './span-buffer.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

type Answer = Parameters<SpanExporter['export']>[1];

/** A collector whose answers the test gives. */
function setup() {
  const requests: { spans: number; answer: Answer }[] = [];
  const counts = { sent: 0, failed: 0, dropped: 0 };
  const failures: unknown[] = [];
  const exporter: SpanExporter = {
    export: (spans, answer) => void requests.push({ spans: spans.length, answer }),
    shutdown: async () => undefined,
  };
  const buffer = new SpanBuffer(exporter, {
    capacity: 10,
    batch: 4,
    delayMs: 1_000,
    count: (outcome, spans) => (counts[outcome] += spans),
    onFailure: (error) => failures.push(error),
  });
  const end = (spans: number) => {
    for (let n = 0; n < spans; n += 1) buffer.onEnd({} as ReadableSpan);
  };
  return { buffer, requests, counts, failures, end };
}

describe('spans on their way to a collector', () => {
  it('go together after a while, or when they are many', async () => {
    const { requests, end } = setup();
    end(3);
    expect(requests).toHaveLength(0);
    vi.advanceTimersByTime(1_000);
    expect(requests.map(({ spans }) => spans)).toEqual([3]);
    requests[0]!.answer({ code: 0 });
    await vi.advanceTimersByTimeAsync(0);
    end(4);
    expect(requests.map(({ spans }) => spans)).toEqual([3, 4]);
  });

  it('wait for the request under way, and are dropped and counted when there is no room', async () => {
    const { requests, counts, end } = setup();
    end(4 + 10 + 7);
    expect(requests).toHaveLength(1);
    expect(counts).toEqual({ sent: 0, failed: 0, dropped: 7 });
    requests[0]!.answer({ code: 0 });
    await vi.advanceTimersByTimeAsync(0);
    expect(requests.map(({ spans }) => spans)).toEqual([4, 4]);
    end(4);
    expect(counts).toEqual({ sent: 4, failed: 0, dropped: 7 });
  });

  it('that are not taken are counted and not sent again', async () => {
    const { requests, counts, failures, end } = setup();
    end(8);
    requests[0]!.answer({ code: 1, error: new Error('away') });
    await vi.advanceTimersByTimeAsync(0);
    expect(requests.map(({ spans }) => spans)).toEqual([4, 4]);
    expect(counts).toEqual({ sent: 0, failed: 4, dropped: 0 });
    expect(failures).toEqual([new Error('away')]);
  });

  it('all go out before the end when the collector takes them', async () => {
    const { buffer, requests, counts, end } = setup();
    end(6);
    const closed = buffer.close(500);
    requests[0]!.answer({ code: 0 });
    await vi.advanceTimersByTimeAsync(0);
    requests[1]!.answer({ code: 0 });
    await closed;
    expect(counts).toEqual({ sent: 6, failed: 0, dropped: 0 });
    end(1);
    expect(counts.dropped).toBe(1);
  });

  it('hold up no end for longer than they may', async () => {
    const { buffer, counts, end } = setup();
    end(7);
    let isClosed = false;
    void buffer.close(500).then(() => (isClosed = true));
    await vi.advanceTimersByTimeAsync(499);
    expect(isClosed).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(isClosed).toBe(true);
    expect(counts).toEqual({ sent: 0, failed: 0, dropped: 3 });
  });
});
