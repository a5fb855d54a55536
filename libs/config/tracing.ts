import { z } from 'zod';

/** As OpenTelemetry names its variables; headers, timeout and compression its exporter reads by itself. */
export const tracingEnv = {
  OTEL_SDK_DISABLED: z.enum(['true', 'false']).default('false'),
  OTEL_TRACES_EXPORTER: z.enum(['otlp', 'none']).optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  OTEL_EXPORTER_OTLP_PROTOCOL: z.enum(['http/json']).optional(),
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: z.enum(['http/json']).optional(),
  OTEL_SERVICE_NAME: z.string().optional(),
  OTEL_RESOURCE_ATTRIBUTES: z
    .string()
    .regex(/^[^=,]+=[^=,]*(,[^=,]+=[^=,]*)*$/, 'must be NAME=VALUE,NAME=VALUE')
    .optional(),
  OTEL_TRACES_SAMPLER: z
    .enum([
      'always_on',
      'always_off',
      'traceidratio',
      'parentbased_always_on',
      'parentbased_always_off',
      'parentbased_traceidratio',
    ])
    .default('parentbased_always_on'),
  OTEL_TRACES_SAMPLER_ARG: z.coerce.number().min(0).max(1).default(1),
};

type TracingEnv = z.infer<z.ZodObject<typeof tracingEnv>>;

export interface TracingConfig {
  /** Where spans are posted, with its path. */
  readonly url: string;
  readonly serviceName: string | undefined;
  readonly resource: Readonly<Record<string, string>>;
  readonly sampler: { readonly name: TracingEnv['OTEL_TRACES_SAMPLER']; readonly ratio: number };
}

const LOCAL_COLLECTOR = 'http://127.0.0.1:4318';

/** Undefined, and so nothing is traced, unless an endpoint or the exporter is named. */
export function tracingConfig(env: TracingEnv): TracingConfig | undefined {
  const { OTEL_TRACES_EXPORTER: exporter, OTEL_EXPORTER_OTLP_ENDPOINT: base } = env;
  const own = env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT;
  const isWanted = exporter === 'otlp' || base !== undefined || own !== undefined;
  if (!isWanted || exporter === 'none' || env.OTEL_SDK_DISABLED === 'true') return undefined;
  return Object.freeze({
    url: own ?? `${(base ?? LOCAL_COLLECTOR).replace(/\/+$/, '')}/v1/traces`,
    serviceName: env.OTEL_SERVICE_NAME,
    resource: parseAttributes(env.OTEL_RESOURCE_ATTRIBUTES),
    sampler: { name: env.OTEL_TRACES_SAMPLER, ratio: env.OTEL_TRACES_SAMPLER_ARG },
  });
}

function parseAttributes(text = ''): Record<string, string> {
  const pairs = text.split(',').flatMap((pair): [string, string][] => {
    const at = pair.indexOf('=');
    if (at < 0) return [];
    return [[pair.slice(0, at).trim(), decoded(pair.slice(at + 1).trim())]];
  });
  return Object.fromEntries(pairs);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
