import {
  isSpanContextValid,
  ROOT_CONTEXT,
  trace,
  type Context,
  type Span,
  type SpanContext,
} from '@opentelemetry/api';

/** `traceparent` of W3C Trace Context; of later versions what is known here counts. */
const TRACE_PARENT = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const SAMPLED = 1;

/** Output: the span that a `traceparent` names; undefined when it names none. */
export function parseTraceParent(text: string | null | undefined): SpanContext | undefined {
  const match = TRACE_PARENT.exec(text ?? '');
  if (match === null) return undefined;
  const [, traceId, spanId, flags] = match;
  if (text!.startsWith('00-') && match[4] !== undefined) return undefined;
  const parsed = {
    traceId: traceId!,
    spanId: spanId!,
    traceFlags: Number.parseInt(flags!, 16) & SAMPLED,
    isRemote: true,
  };
  return isSpanContextValid(parsed) ? parsed : undefined;
}

/** Output: what to send or keep so that others go on under this span; undefined when there is none. */
export function traceParentOf(span: Span | undefined): string | undefined {
  const spanContext = span?.spanContext();
  if (spanContext === undefined || !isSpanContextValid(spanContext)) return undefined;
  const flags = spanContext.traceFlags.toString(16).padStart(2, '0');
  return `00-${spanContext.traceId}-${spanContext.spanId}-${flags}`;
}

/** Of the span that runs now. */
export const currentTraceParent = (): string | undefined => traceParentOf(trace.getActiveSpan());

/** Output: where spans below the parent begin; below nothing when it is unknown. */
export function contextBelow(parent: Span | string | null | undefined): Context {
  if (parent !== null && typeof parent === 'object') return trace.setSpan(ROOT_CONTEXT, parent);
  const spanContext = parseTraceParent(parent);
  return spanContext === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, spanContext);
}
