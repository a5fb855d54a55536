import { describe, expect, it } from 'vitest';
import { createApiKey } from '#contracts';
import { loadApiConfig, loadDispatcherConfig, loadWorkerConfig } from './index.js';

const services = {
  DATABASE_URL: 'postgres://pallet@127.0.0.1:5432/pallet',
  QUEUE_URL: 'redis://127.0.0.1:6379',
  STORAGE_URL: 'file:///var/lib/pallet',
};
const model = { MODEL_DIRECTORY: '/models/a', MODEL_NAME: 'default' };

describe('configuration', () => {
  it('needs only the addresses and has a default for every tuning value', () => {
    const config = loadApiConfig(services);
    expect(config.limits).toEqual({
      imageBytes: 33_554_432,
      zipBytes: 4_294_967_296,
      zipEntries: 200_000,
      zipRatio: 100,
      uploadFiles: 20_000,
      imagesPerSet: 10_000_000,
    });
    expect(config.quota).toEqual({
      openJobs: 10_000,
      queuedItems: 50_000_000,
      storedBytes: 10_995_116_277_760,
      images: 100_000_000,
      imageSets: 10_000_000,
    });
    expect(config).toMatchObject({ host: '127.0.0.1', port: 0, bootstrapApiKey: undefined });
    expect(loadDispatcherConfig(services)).toMatchObject({ feedMs: 250, sweepMs: 2_000 });
    expect(loadWorkerConfig({ ...services, ...model })).toMatchObject({
      leaseMs: 20_000,
      slots: 8,
    });
  });

  it('tells Kubernetes what pods cost only where it is asked to, and only from within a pod', () => {
    const wanted = { ...services, POD_DELETION_COST: 'true' };
    const pod = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '6443' };
    expect(loadDispatcherConfig({ ...services, ...pod }).kubernetes).toBeUndefined();
    expect(loadDispatcherConfig({ ...wanted, ...pod }).kubernetes).toEqual({
      url: 'https://[fd00::1]:6443',
      accountFolder: '/var/run/secrets/kubernetes.io/serviceaccount',
    });
    expect(() => loadDispatcherConfig(wanted)).toThrow(
      /KUBERNETES_SERVICE_HOST[^]*POD_DELETION_COST/,
    );
  });

  it('lists every fault at once', () => {
    const load = () => loadApiConfig({ ...services, DATABASE_URL: 'mysql://x', PORT: '70000' });
    expect(load).toThrow(/DATABASE_URL/);
    expect(load).toThrow(/PORT/);
    expect(() => loadWorkerConfig({})).toThrow(/STORAGE_URL[\s\S]*MODEL_DIRECTORY/);
  });

  it('takes an empty variable for one that is not set', () => {
    expect(loadApiConfig({ ...services, BOOTSTRAP_API_KEY: '', PORT: '' }).port).toBe(0);
  });

  it('refuses a mistyped bootstrap key without repeating it', () => {
    const key = `${createApiKey().slice(0, -1)}!`;
    const load = () => loadApiConfig({ ...services, BOOTSTRAP_API_KEY: key });
    expect(load).toThrow(/BOOTSTRAP_API_KEY/);
    expect(load).not.toThrow(key);
  });

  it('refuses heartbeats that cannot keep a lease', () => {
    const times = { LEASE_MS: '4000', HEARTBEAT_MS: '3000' };
    expect(() => loadWorkerConfig({ ...services, ...model, ...times })).toThrow(/HEARTBEAT_MS/);
  });

  it('traces nothing unless it is told where to, and then as OpenTelemetry names it', () => {
    const tracing = (env: Record<string, string>) => loadApiConfig({ ...services, ...env }).tracing;
    const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318/' };
    expect(tracing({})).toBeUndefined();
    expect(tracing({ ...endpoint, OTEL_SDK_DISABLED: 'true' })).toBeUndefined();
    expect(tracing({ ...endpoint, OTEL_TRACES_EXPORTER: 'none' })).toBeUndefined();
    expect(tracing({ OTEL_TRACES_EXPORTER: 'otlp' })?.url).toBe('http://127.0.0.1:4318/v1/traces');
    expect(tracing(endpoint)).toEqual({
      url: 'http://collector:4318/v1/traces',
      serviceName: undefined,
      resource: {},
      sampler: { name: 'parentbased_always_on', ratio: 1 },
    });
    const more = {
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://traces.example.com/in',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=a%20b,x=',
      OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0.01',
    };
    expect(tracing({ ...endpoint, ...more })).toMatchObject({
      url: 'https://traces.example.com/in',
      resource: { 'deployment.environment.name': 'a b', x: '' },
      sampler: { name: 'parentbased_traceidratio', ratio: 0.01 },
    });
    expect(() => tracing({ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' })).toThrow(/OTLP_PROTOCOL/);
    expect(() => tracing({ OTEL_TRACES_SAMPLER_ARG: '2' })).toThrow(/SAMPLER_ARG/);
    expect(() => tracing({ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4317' })).toThrow(/ENDPOINT/);
  });
});
