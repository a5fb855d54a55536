import { pino, type Logger } from 'pino';
import { traceIds } from './tracing/log-ids.js';

export type { Logger } from 'pino';

/** Never written to a log, wherever in a record it stands at these depths. */
const SECRETS = ['authorization', 'password', 'apiKey', 'secret', 'token'];

/**
 * JSON lines on stdout: `time` in RFC 3339, `level` as a word, `service`, `msg`, what the call adds, and inside a trace
 * `trace_id` and `span_id`.
 */
export function createLogger(service: string, level = 'info'): Logger {
  return pino({
    level,
    base: { service, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    mixin: traceIds,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: SECRETS.flatMap((name) => [name, `*.${name}`, `*.headers.${name}`]) },
    serializers: { error: pino.stdSerializers.errWithCause },
  });
}
