import { hostname } from 'node:os';
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import { Counter, type Registry } from 'prom-client';
import type { Logger } from '../logger.js';
import { createSampler } from './sampler.js';
import { SpanBuffer } from './span-buffer.js';
import type { Tracing, TracingOptions } from './tracing.js';

/** About 4 MB; a worker that is never idle fills it in minutes when the collector is away. */
const CAPACITY_SPANS = 4_096;
const BATCH_SPANS = 512;
const DELAY_MS = 1_000;
const MOST_EVENTS = 32;
const MOST_LINKS = 32;

/** The only place that knows which SDK and which protocol: OTLP over HTTP, as JSON. */
export function openTracing(
  serviceName: string,
  options: TracingOptions,
  { registry, log }: { readonly registry: Registry; readonly log: Logger },
): Tracing {
  const spans = new Counter({
    name: 'pallet_trace_spans_total',
    help: 'Spans, by what became of them: sent, failed (the collector did not take them), dropped (no room).',
    labelNames: ['outcome'],
    registers: [registry],
  });
  for (const outcome of ['sent', 'failed', 'dropped']) spans.inc({ outcome }, 0);
  let isFailing = false;
  const buffer = new SpanBuffer(new OTLPTraceExporter({ url: options.url }), {
    capacity: CAPACITY_SPANS,
    batch: BATCH_SPANS,
    delayMs: DELAY_MS,
    count: (outcome, count) => {
      spans.inc({ outcome }, count);
      if (outcome === 'sent') isFailing = false;
    },
    onFailure: (error) => {
      // Once until it is mended: how much is lost is in the metric.
      if (!isFailing) log.warn({ error }, 'the collector does not take traces');
      isFailing = true;
    },
  });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'host.name': hostname(),
      'process.pid': process.pid,
      ...options.resource,
      'service.name': options.serviceName ?? options.resource['service.name'] ?? serviceName,
    }),
    sampler: createSampler(options.sampler),
    spanLimits: { eventCountLimit: MOST_EVENTS, linkCountLimit: MOST_LINKS },
    spanProcessors: [buffer],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(provider);
  return { close: (deadlineMs) => buffer.close(deadlineMs) };
}
