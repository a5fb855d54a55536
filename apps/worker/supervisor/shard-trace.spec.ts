import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EndedItem } from '#database';
import { endSpan, inside, startSpan } from '#telemetry';
import { ShardTrace } from './shard-trace.js';

const exporter = new InMemorySpanExporter();
beforeEach(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const spanProcessors = [new SimpleSpanProcessor({ exporter })];
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors }));
});
afterEach(() => {
  trace.disable();
  context.disable();
  exporter.reset();
});

const timings = { decode_ms: 2, encode_ms: 3, generate_ms: 10 };
const succeeded = (n: number): EndedItem => ({ n, state: 'succeeded', attempts: 1 });
const failed = (n: number): EndedItem => ({
  n,
  state: 'failed',
  attempts: 1,
  error: { code: 'image.undecodable', detail: 'holiday.jpg is none' },
});
/** When the test begins, milliseconds since 1970. */
const BEGIN_MS = 1_700_000_000_000;
const between = (startMs: number, endMs: number) => ({
  startMs: BEGIN_MS + startMs,
  endMs: BEGIN_MS + endMs,
});
const msOf = ([seconds, nanos]: readonly [number, number]): number =>
  (seconds - 1_700_000_000) * 1e3 + nanos / 1e6;
const shown = ({ name, startTime, endTime, attributes }: ReadableSpan) =>
  [name, msOf(startTime), msOf(endTime), attributes['pallet.items']] as const;

/** Output: what became of a shard whose trace `work` has told. */
function spansOf(work: (shard: ShardTrace) => void): ReadableSpan[] {
  const span = startSpan('shard');
  inside(span, () => work(new ShardTrace()));
  endSpan(span);
  return exporter.getFinishedSpans();
}

describe('the trace of a shard', () => {
  it('has each stage once a micro-batch, from its first item to its last', () => {
    const spans = spansOf((shard) => {
      for (const n of [0, 1, 2]) {
        const startMs = 1_000 + 100 * n;
        shard.fetched(n, between(startMs, startMs + 5));
        shard.analysed(n, { startedMs: BEGIN_MS + startMs + 10, timings });
      }
      shard.committed([0, 1].map(succeeded), between(1_200, 1_210));
      shard.committed([succeeded(2)], between(1_300, 1_310));
      shard.end(3, 'done');
    });
    expect(spans.map(shown)).toEqual([
      ['fetch', 1_000, 1_105, 2],
      ['decode', 1_010, 1_112, 2],
      ['encode', 1_012, 1_115, 2],
      ['generate', 1_015, 1_125, 2],
      ['commit', 1_200, 1_210, 2],
      ['fetch', 1_200, 1_205, 1],
      ['decode', 1_210, 1_212, 1],
      ['encode', 1_212, 1_215, 1],
      ['generate', 1_215, 1_225, 1],
      ['commit', 1_300, 1_310, 1],
      ['shard', expect.any(Number), expect.any(Number), 3],
    ]);
    const [fetch] = spans;
    expect(fetch!.attributes).toMatchObject({ 'pallet.item_ms.sum': 10, 'pallet.item_ms.most': 5 });
  });

  it('has no stage that nothing was in: known answers are committed only', () => {
    const spans = spansOf((shard) => shard.committed([succeeded(0)], between(1, 2)));
    expect(spans.map(({ name }) => name)).toEqual(['commit', 'shard']);
  });

  it('names some failed items by number and code, however many there are', () => {
    const all = Array.from({ length: 100 }, (_, n) => failed(n));
    const spans = spansOf((shard) => {
      shard.committed(all, between(1, 2));
      shard.end(100, 'done');
    });
    const { events, attributes } = spans.at(-1)!;
    expect(events).toHaveLength(16);
    expect(events[0]!.attributes).toEqual({ 'pallet.item': 0, 'error.type': 'image.undecodable' });
    expect(attributes['pallet.items.failed']).toBe(100);
    expect(JSON.stringify(events)).not.toContain('holiday');
  });

  it('keeps nothing when its lease is not traced', () => {
    const shard = new ShardTrace();
    shard.fetched(0, between(1, 2));
    shard.analysed(0, { startedMs: 2, timings });
    shard.committed([succeeded(0)], between(1, 2));
    shard.end(1, 'done');
    expect(exporter.getFinishedSpans()).toEqual([]);
  });
});
