import type { ReadableSpan, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace';

export interface SpanBufferOptions {
  /** Spans that wait at most; what comes above is dropped and counted. */
  readonly capacity: number;
  /** Spans of one request at most. */
  readonly batch: number;
  /** From the first span that waits to its request, milliseconds. */
  readonly delayMs: number;
  /** Of so many spans this became: they were `sent`, the collector did not take them, or there was no room. */
  readonly count: (outcome: 'sent' | 'failed' | 'dropped', spans: number) => void;
  readonly onFailure: (error: Error | undefined) => void;
}

/** `ExportResultCode.SUCCESS` of the exporter. */
const SUCCESS = 0;

/**
 * Between our work and a collector that may be slow, dead or silent: spans wait here, bounded, one request is under way
 * at a time, and whoever ends a span never waits.
 */
export class SpanBuffer implements SpanProcessor {
  readonly #exporter: SpanExporter;
  readonly #options: SpanBufferOptions;
  #waiting: ReadableSpan[] = [];
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  #isClosed = false;

  constructor(exporter: SpanExporter, options: SpanBufferOptions) {
    this.#exporter = exporter;
    this.#options = options;
  }

  onStart(): void {
    // Only ends are told.
  }

  onEnd(span: ReadableSpan): void {
    const { capacity, batch, delayMs, count } = this.#options;
    if (this.#isClosed || this.#waiting.length >= capacity) return count('dropped', 1);
    this.#waiting.push(span);
    if (this.#sending !== undefined) return;
    if (this.#waiting.length >= batch) this.#send();
    else this.#timer ??= setTimeout(() => this.#send(), delayMs).unref();
  }

  /** Resolves when nothing waits and nothing is under way. */
  async forceFlush(): Promise<void> {
    if (this.#waiting.length > 0 && this.#sending === undefined) this.#send();
    while (this.#sending !== undefined) await this.#sending;
  }

  /** Tries to send what waits, for so long; what is then left is dropped, and counted. */
  async close(deadlineMs: number): Promise<void> {
    let deadline: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      deadline = setTimeout(resolve, deadlineMs);
    });
    await Promise.race([this.forceFlush(), late]);
    clearTimeout(deadline);
    clearTimeout(this.#timer);
    this.#isClosed = true;
    this.#options.count('dropped', this.#waiting.length);
    this.#waiting = [];
  }

  shutdown(): Promise<void> {
    return this.close(0);
  }

  #send(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const spans = this.#waiting.splice(0, this.#options.batch);
    this.#sending = this.#export(spans).then(() => {
      this.#sending = undefined;
      if (this.#waiting.length > 0) this.#send();
    });
  }

  #export(spans: ReadableSpan[]): Promise<void> {
    const { count, onFailure } = this.#options;
    return new Promise((resolve) => {
      this.#exporter.export(spans, ({ code, error }) => {
        if (code === SUCCESS) count('sent', spans.length);
        else {
          count('failed', spans.length);
          onFailure(error);
        }
        resolve();
      });
    });
  }
}
