import { isSpanContextValid, trace } from '@opentelemetry/api';

/** What a log line says of the span that runs, so that lines and spans are found by each other. */
export function traceIds(): { trace_id?: string; span_id?: string } {
  const spanContext = trace.getActiveSpan()?.spanContext();
  if (spanContext === undefined || !isSpanContextValid(spanContext)) return {};
  return { trace_id: spanContext.traceId, span_id: spanContext.spanId };
}
