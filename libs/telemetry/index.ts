export * from './health-port.js';
export * from './logger.js';
export * from './metrics.js';
export * from './nest-logger.js';
export { epochMs, startClock, type Interval } from './tracing/clock.js';
export * from './tracing/span.js';
export { startTracing, type Tracing, type TracingOptions } from './tracing/start-tracing.js';
export { currentTraceParent, traceParentOf } from './tracing/trace-parent.js';
