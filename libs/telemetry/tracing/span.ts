import {
  context,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Link,
  type Span,
} from '@opentelemetry/api';
import { AppError } from '#contracts';
import { epochMs } from './clock.js';
import { contextBelow, parseTraceParent } from './trace-parent.js';

export type { Attributes, Span } from '@opentelemetry/api';

const KINDS = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  consumer: SpanKind.CONSUMER,
};

export interface SpanOptions {
  /** A span, or a `traceparent` as it was sent or kept; null: none, a trace begins. Default: the span that runs now. */
  readonly parent?: Span | string | null;
  readonly kind?: keyof typeof KINDS;
  /** Numbers, ids of ours and codes: never names, texts or addresses that a client has chosen. */
  readonly attributes?: Attributes;
  /** Milliseconds since 1970; default: now. */
  readonly startMs?: number;
  /** Others that led to it, as `traceparent`. */
  readonly links?: readonly (string | null | undefined)[];
}

/** Output: a span that its caller ends with `endSpan`. Nothing is under it by itself: see `inside`. */
export function startSpan(name: string, options: SpanOptions = {}): Span {
  const { parent, kind = 'internal', attributes, startMs = epochMs(), links = [] } = options;
  const below = parent === undefined ? context.active() : contextBelow(parent);
  const linked = links.flatMap((link): Link[] => {
    const spanContext = parseTraceParent(link);
    return spanContext === undefined ? [] : [{ context: spanContext }];
  });
  return trace
    .getTracer('pallet')
    .startSpan(name, { kind: KINDS[kind], attributes, startTime: startMs, links: linked }, below);
}

export const endSpan = (span: Span, endMs: number = epochMs()): void => span.end(endMs);

/** What `work` does, and whatever follows from it, has `span` for the one that runs. */
export const inside = <T>(span: Span, work: () => T): T =>
  context.with(trace.setSpan(context.active(), span), work);

/** The span that runs now; without one, or without tracing, one that records nothing. */
export const currentSpan = (): Span => trace.getActiveSpan() ?? NO_SPAN;

const NO_SPAN = trace.wrapSpanContext({ traceId: '', spanId: '', traceFlags: 0 });

/** A span around `work`, which ends with it. An error is noted by its code, for its words may be a client's. */
export async function inSpan<T>(
  name: string,
  options: SpanOptions,
  work: (span: Span) => Promise<T>,
): Promise<T> {
  const span = startSpan(name, options);
  try {
    return await inside(span, () => work(span));
  } catch (error) {
    failSpan(span, error instanceof AppError ? error.code : nameOf(error));
    throw error;
  } finally {
    endSpan(span);
  }
}

/** What has happened already. */
export function recordSpan(
  name: string,
  { endMs, ...options }: SpanOptions & { readonly startMs: number; readonly endMs: number },
): void {
  endSpan(startSpan(name, options), Math.max(options.startMs, endMs));
}

/** Input: a stable code. */
export function failSpan(span: Span, code: string): void {
  span.setAttribute('error.type', code);
  span.setStatus({ code: SpanStatusCode.ERROR, message: code });
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : 'error');
