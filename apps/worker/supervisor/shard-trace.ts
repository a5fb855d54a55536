import type { HostResult } from '#contracts';
import type { EndedItem } from '#database';
import { currentSpan, failSpan, recordSpan, type Interval, type Span } from '#telemetry';

type Stage = 'fetch' | 'decode' | 'encode' | 'generate';
const STAGES: readonly Stage[] = ['fetch', 'decode', 'encode', 'generate'];
/** Failed items that a shard's span names; the rest are counted. */
const NAMED_FAILURES = 16;

/**
 * The stages of a shard as spans below that of its lease: for each micro-batch one of every stage, from the first of
 * its items that began it to the last that ended it. A job of ten million items has some hundred thousand, not fifty
 * million.
 */
export class ShardTrace {
  readonly #span: Span = currentSpan();
  readonly #isOn = this.#span.isRecording();
  readonly #intervals = new Map<number, Partial<Record<Stage, Interval>>>();
  #failures = 0;

  fetched(n: number, interval: Interval): void {
    if (this.#isOn) this.#intervals.set(n, { fetch: interval });
  }

  /** What the host says of its own time; it opens no connection, so its spans are made here. */
  analysed(n: number, { startedMs, timings }: Pick<HostResult, 'startedMs' | 'timings'>): void {
    const intervals = this.#intervals.get(n);
    if (intervals === undefined || startedMs === undefined) return;
    let startMs = startedMs;
    for (const stage of ['decode', 'encode', 'generate'] as const) {
      const endMs = startMs + timings[`${stage}_ms`];
      intervals[stage] = { startMs, endMs };
      startMs = endMs;
    }
  }

  committed(items: readonly EndedItem[], { startMs, endMs }: Interval): void {
    if (!this.#isOn) return;
    for (const stage of STAGES) this.#record(stage, items);
    for (const item of items) {
      this.#intervals.delete(item.n);
      if (item.state === 'failed') this.#failed(item);
    }
    const attributes = { 'pallet.items': items.length };
    recordSpan('commit', { parent: this.#span, startMs, endMs, attributes });
  }

  /** What the whole lease came to. */
  end(items: number, end: string): void {
    this.#span.setAttributes({
      'pallet.items': items,
      'pallet.items.failed': this.#failures,
      'pallet.end': end,
    });
    if (end === 'crashed') failSpan(this.#span, 'engine.crashed');
  }

  #record(stage: Stage, items: readonly EndedItem[]): void {
    let [count, busyMs, slowestMs, slowest] = [0, 0, -1, 0];
    let [startMs, endMs] = [Infinity, -Infinity];
    for (const { n } of items) {
      const interval = this.#intervals.get(n)?.[stage];
      if (interval === undefined) continue;
      const ms = interval.endMs - interval.startMs;
      if (ms > slowestMs) [slowestMs, slowest] = [ms, n];
      startMs = Math.min(startMs, interval.startMs);
      endMs = Math.max(endMs, interval.endMs);
      count += 1;
      busyMs += ms;
    }
    if (count === 0) return;
    const attributes = {
      'pallet.items': count,
      // More than the span is long when images were in the stage together.
      'pallet.item_ms.sum': busyMs,
      'pallet.item_ms.most': slowestMs,
      'pallet.item.slowest': slowest,
    };
    recordSpan(stage, { parent: this.#span, startMs, endMs, attributes });
  }

  #failed({ n, error }: EndedItem): void {
    this.#failures += 1;
    if (this.#failures > NAMED_FAILURES) return;
    this.#span.addEvent('item failed', {
      'pallet.item': n,
      'error.type': error?.code ?? 'unknown',
    });
  }
}
